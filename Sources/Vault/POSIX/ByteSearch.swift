import Glibc

extension [UInt8] {
    /// Where `needle`, at least one byte, lies first from `start` on.
    ///
    /// The C library looks for the first byte sixteen and more at a time, which the standard library does not.
    func firstPosition(of needle: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first, start >= 0 else { return nil }
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while position + needle.count <= bytes.count {
                let rest = bytes.count - needle.count - position + 1
                guard let hit = unsafe memchr(base + position, Int32(first), rest) else { return nil }
                position = unsafe UnsafeRawPointer(hit) - base
                if unsafe bytes[position..<position + needle.count].elementsEqual(needle) { return position }
                position += 1
            }
            return nil
        }
    }
}
