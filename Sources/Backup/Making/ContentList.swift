import BlobStore
import Database
import Vault

/// A stored content that an archive needs, as a scratch file lists it: 25 bytes. Ids and sizes are no secret.
struct ContentItem: Sendable {
    let blob: BlobID
    /// Bytes, sealed.
    let size: Int64
    /// In its row, not in the blob store.
    let isInline: Bool

    static let size = 25

    func append(to bytes: inout [UInt8]) {
        let id = blob.value
        for shift in stride(from: 120, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: id >> UInt128(shift)))
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: size >> Int64(shift)))
        }
        bytes.append(isInline ? 1 : 0)
    }

    init(blob: BlobID, size: Int64, isInline: Bool) {
        self.blob = blob
        self.size = size
        self.isInline = isInline
    }

    init?(_ bytes: [UInt8], at start: Int) {
        guard bytes.count - start >= Self.size else { return nil }
        blob = BlobID(bytes[start..<start + 16].reduce(0) { $0 << 8 | UInt128($1) })
        size = bytes[start + 16..<start + 24].reduce(0) { $0 << 8 | Int64($1) }
        isInline = bytes[start + 24] != 0
    }
}

/// Writes the list while the rows of `blobs` go by, in the order of their ids.
struct ContentLister {
    private let id: Int?
    private let size: Int?
    private let inline: Int?
    private let file: ScratchFile
    private var buffer: [UInt8] = []
    private var written: Int64 = 0
    private(set) var count: Int64 = 0

    init(_ table: TableCatalog.Table, _ file: ScratchFile) {
        func place(_ name: String) -> Int? { table.columns.firstIndex { $0.name == name } }
        id = place("id")
        size = place("sealed_size")
        inline = place(ArchivedTables.packedColumn)
        self.file = file
    }

    mutating func add(_ values: [SQLValue]) throws {
        guard let id, let size, let inline, case .bytes(let key) = values[id], key.count == 16,
            case .integer(let bytes) = values[size], bytes >= 0
        else { throw TransferError.malformedRow }
        let item = ContentItem(
            blob: BlobID(key.reduce(0) { $0 << 8 | UInt128($1) }), size: bytes, isInline: values[inline] != .null)
        item.append(to: &buffer)
        count += 1
        if buffer.count >= 1 << 20 { try end() }
    }

    mutating func end() throws {
        try file.write(buffer, at: written)
        written += Int64(buffer.count)
        buffer = []
    }
}

/// Reads a scratch file of records of one size from its beginning, a page at a time. Its calls block.
struct RecordReader {
    private let file: ScratchFile
    private let size: Int
    private var page: [UInt8] = []
    private var position = 0
    private var offset: Int64 = 0

    init(_ file: ScratchFile, recordSize: Int, from record: Int64 = 0) {
        self.file = file
        size = recordSize
        offset = record * Int64(recordSize)
    }

    /// The page and where the next record begins in it; nil at the end.
    mutating func next() throws(BlobStoreError) -> (page: [UInt8], start: Int)? {
        if page.count - position < size {
            page = try file.read(at: offset, count: size * 4_096)
            offset += Int64(page.count)
            position = 0
            guard page.count >= size else { return nil }
        }
        defer { position += size }
        return (page, position)
    }
}
