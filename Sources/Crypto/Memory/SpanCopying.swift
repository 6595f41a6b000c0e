extension OutputSpan<UInt8> {
    /// Appends all of `bytes`; the caller has made room.
    mutating func append(copying bytes: Span<UInt8>) {
        precondition(freeCapacity >= bytes.count)
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
                unsafe (to + count).initialize(from: from, count: source.count)
                count += source.count
            }
        }
    }
}

extension MutableSpan<UInt8> {
    /// Writes all of `bytes` from `offset` on; they fit.
    mutating func copy(_ bytes: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && count - offset >= bytes.count)
        unsafe withUnsafeMutableBufferPointer { buffer in
            unsafe bytes.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
                unsafe (to + offset).update(from: from, count: source.count)
            }
        }
    }
}

extension MutableRawSpan {
    /// Zeroes the bytes of `range`, which lies inside.
    mutating func zero(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        unsafe withUnsafeMutableBytes { buffer in
            _ = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[range])
                .initializeMemory(as: UInt8.self, repeating: 0)
        }
    }
}

extension [UInt8] {
    /// Lends the elements for writing as raw bytes.
    mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = mutableSpan
        var bytes = unsafe span.mutableBytes
        return try body(&bytes)
    }
}

extension MutableSpan<UInt8> {
    /// Writes `value` at `offset`, most significant byte first; it fits.
    mutating func write<Integer: FixedWidthInteger & UnsignedInteger>(bigEndian value: Integer, at offset: Int) {
        let size = MemoryLayout<Integer>.size
        for index in 0..<size {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> Integer(8 * (size - 1 - index)))
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes are those of `other`. Not for secrets.
    func elementsEqual(_ other: Span<UInt8>) -> Bool {
        count == other.count && starts(with: other)
    }

    /// Whether the first bytes are those of `prefix`.
    func starts(with prefix: Span<UInt8>) -> Bool {
        guard count >= prefix.count else { return false }
        for index in 0..<prefix.count where self[index] != prefix[index] { return false }
        return true
    }
}
