extension MutableRawSpan {
    /// Writes `count` bytes of `bytes`, those at `start` and on; they lie inside, and fit.
    mutating func copy(_ bytes: [UInt8], from start: Int, count: Int, at offset: Int = 0) {
        precondition(start >= 0 && count >= 0 && start + count <= bytes.count && offset + count <= byteCount)
        guard count > 0 else { return }
        unsafe withUnsafeMutableBytes { room in
            unsafe bytes.withUnsafeBytes { source in
                let from = unsafe UnsafeRawBufferPointer(rebasing: source[start..<start + count])
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[offset...]).copyMemory(from: from)
            }
        }
    }
}
