extension StaticString {
    /// Lends the literal's UTF-8 bytes without copying them.
    func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(hasPointerRepresentation, "labels are string literals")
        // The literal lives as long as the program.
        let literal = unsafe UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
        return try unsafe body(Span(_unsafeElements: literal))
    }
}

extension [UInt8] {
    /// Appends the bytes of a literal.
    mutating func append(_ literal: StaticString) {
        literal.withBytes { span in append(span) }
    }

    /// Appends all of `span`.
    mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends `value`, most significant byte first.
    mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    /// Reads an integer stored most significant byte first. The caller has checked that it lies inside.
    func bigEndian<Integer: FixedWidthInteger & UnsignedInteger>(at offset: Int, as type: Integer.Type) -> Integer {
        var value: Integer = 0
        for index in offset..<offset + MemoryLayout<Integer>.size {
            value = value << 8 | Integer(self[index])
        }
        return value
    }

    /// The bytes as an array of their own.
    func copied() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}
