/// Finds a byte sequence in a growing buffer by Boyer-Moore-Horspool: most bytes are never looked at.
struct BoundarySearch: Sendable {
    let needle: [UInt8]
    private let skips: [Int]

    init(_ needle: [UInt8]) {
        self.needle = needle
        var skips = [Int](repeating: needle.count, count: 256)
        for (index, byte) in needle.dropLast().enumerated() { skips[Int(byte)] = needle.count - 1 - index }
        self.skips = skips
    }

    /// The first occurrence at or after `start`, nil when there is none.
    func first(in bytes: [UInt8], from start: Int) -> Int? {
        let span = bytes.span
        let last = needle.count - 1
        var position = start
        while position + last < span.count {
            let end = span[position + last]
            if end == needle[last] {
                var index = 0
                while index < last, span[position + index] == needle[index] { index += 1 }
                if index == last { return position }
            }
            position += skips[Int(end)]
        }
        return nil
    }
}
