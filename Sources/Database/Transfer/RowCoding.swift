/// The canonical form of values: the same bytes for the same values, whatever the engine they came from.
///
/// Each value is a byte that names its kind and, behind it: nothing for NULL (0); 8 bytes, two's complement, most
/// significant first, for an integer (1); a length of 8 bytes and the bytes for text in UTF-8 (2) and for bytes (3).
/// An identifier is its 16 bytes.
package enum RowCoding {
    private enum Tag {
        static let null: UInt8 = 0
        static let integer: UInt8 = 1
        static let text: UInt8 = 2
        static let bytes: UInt8 = 3
    }

    package static func encode(_ values: [SQLValue]) -> [UInt8] {
        var encoding: [UInt8] = []
        encoding.reserveCapacity(16 * values.count)
        for value in values { append(value, to: &encoding) }
        return encoding
    }

    package static func append(_ value: SQLValue, to encoding: inout [UInt8]) {
        switch value {
        case .null: encoding.append(Tag.null)
        case .integer(let integer):
            encoding.append(Tag.integer)
            append(UInt64(bitPattern: integer), to: &encoding)
        case .text(let text):
            encoding.append(Tag.text)
            append(UInt64(text.utf8.count), to: &encoding)
            encoding += text.utf8
        case .bytes(let bytes):
            encoding.append(Tag.bytes)
            append(UInt64(bytes.count), to: &encoding)
            encoding += bytes
        case .uuid(let identifier):
            encoding.append(Tag.bytes)
            append(16, to: &encoding)
            append(UInt64(truncatingIfNeeded: identifier >> 64), to: &encoding)
            append(UInt64(truncatingIfNeeded: identifier), to: &encoding)
        }
    }

    /// The values that `encoding` holds.
    /// - Throws: `TransferError.malformedRow` for anything that ``encode(_:)`` does not make.
    package static func decode(_ encoding: [UInt8]) throws(TransferError) -> [SQLValue] {
        var values: [SQLValue] = []
        var rest = encoding[...]
        while let tag = rest.popFirst() {
            switch tag {
            case Tag.null: values.append(.null)
            case Tag.integer: values.append(.integer(Int64(bitPattern: try word(&rest))))
            case Tag.text:
                guard let text = String(validating: try run(&rest), as: UTF8.self) else { throw .malformedRow }
                values.append(.text(text))
            case Tag.bytes: values.append(.bytes(Array(try run(&rest))))
            default: throw .malformedRow
            }
        }
        return values
    }

    private static func append(_ word: UInt64, to encoding: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { encoding.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    private static func word(_ rest: inout ArraySlice<UInt8>) throws(TransferError) -> UInt64 {
        guard rest.count >= 8 else { throw .malformedRow }
        defer { rest = rest.dropFirst(8) }
        return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func run(_ rest: inout ArraySlice<UInt8>) throws(TransferError) -> ArraySlice<UInt8> {
        let count = try word(&rest)
        guard count <= UInt64(rest.count) else { throw .malformedRow }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
