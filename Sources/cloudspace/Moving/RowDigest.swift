import Crypto
import Database

/// A chain of SHA-256 over the rows of a table in the order of its key: each link hashes the one before it and the
/// encoding of a row, the first the table's name and columns. It can be carried on where an earlier run stopped.
struct RowDigest: Sendable, Equatable {
    /// 32 bytes.
    private(set) var bytes: [UInt8]

    init(of table: TableCatalog.Table) {
        let names = [table.name] + table.columns.map(\.name)
        bytes = SHA256Hash.of(RowCoding.encode(names.map(SQLValue.text)))
    }

    init(carriedOn bytes: [UInt8]) { self.bytes = bytes }

    mutating func add(_ rows: [TransferRow]) {
        var hasher = SHA256Hasher()
        for row in rows { bytes = hasher.hash(0, bytes, row.encoding) }
    }
}
