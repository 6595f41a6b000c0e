import Database

/// Rows as they lie in a segment: each a length of 4 bytes, most significant first, and the row in the row coding.
struct RowSegmentBuilder {
    private(set) var bytes: [UInt8] = []
    private(set) var rows = 0

    var isFull: Bool { bytes.count >= ArchiveFormat.rowSegment }

    mutating func append(_ encoding: [UInt8]) {
        let count = UInt32(clamping: encoding.count)
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: count >> UInt32(shift)))
        }
        bytes += encoding
        rows += 1
    }

    mutating func takeAll() -> (bytes: [UInt8], rows: Int) {
        defer { (bytes, rows) = ([], 0) }
        return (bytes, rows)
    }
}

/// Takes the rows out of an opened segment again.
struct RowSegmentReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next row's values; nil at the end.
    /// - Throws: `TransferError.malformedRow`.
    mutating func next() throws(TransferError) -> [SQLValue]? {
        guard position < bytes.count else { return nil }
        guard bytes.count - position >= 4 else { throw .malformedRow }
        let count = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        position += 4
        guard count <= bytes.count - position else { throw .malformedRow }
        defer { position += count }
        return try RowCoding.decode(Array(bytes[position..<position + count]))
    }
}
