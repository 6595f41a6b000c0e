extension MutableRawSpan {
    /// Writes all of `bytes` from `offset` on; they fit.
    package mutating func copy(_ bytes: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && byteCount - offset >= bytes.count)
        unsafe withUnsafeMutableBytes { buffer in
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]).copyMemory(from: source)
            }
        }
    }
}

extension [UInt8] {
    /// Lends the elements for writing as raw bytes.
    package mutating func withMutableBytes<Result>(_ body: (inout MutableRawSpan) throws -> Result) rethrows -> Result {
        var span = mutableSpan
        // Every pattern of bytes is a valid element.
        var bytes = unsafe span.mutableBytes
        return try body(&bytes)
    }

    /// Lends the elements of `range`, which lies inside, for writing as raw bytes.
    mutating func withMutableBytes<Result>(
        of range: Range<Int>, _ body: (inout MutableRawSpan) throws -> Result
    ) rethrows -> Result {
        try withMutableBytes { bytes in
            var part = bytes._mutatingExtracting(range)
            return try body(&part)
        }
    }
}
