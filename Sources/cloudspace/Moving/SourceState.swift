import Crypto
import Database

/// What a source holds at one moment: enough to say how much there is to do, and to notice that it changed.
struct SourceState: Sendable, Equatable {
    /// 16 bytes.
    let vaultID: [UInt8]
    /// Rows by table, in the catalog's order.
    let counts: [(table: String, rows: Int64)]
    let blobs: BlobFigures
    /// SHA-256 over the tables, their counts and the number of the last event: every change of the vault has its event.
    let fingerprint: [UInt8]

    /// Blobs that lie in the blob store, not in a row.
    struct BlobFigures: Sendable, Equatable {
        var count: Int64 = 0
        /// Sealed.
        var bytes: Int64 = 0
    }

    static func == (left: SourceState, right: SourceState) -> Bool {
        left.vaultID == right.vaultID && left.fingerprint == right.fingerprint
    }

    func rows(of table: String) -> Int64 { counts.first { $0.table == table }?.rows ?? 0 }

    var totalRows: Int64 { counts.reduce(0) { $0 + $1.rows } }

    static func read(_ tables: [TableCatalog.Table], from database: any Database) async throws -> SourceState {
        let dialect = database.dialect
        return try await database.read { snapshot in
            guard let id = try snapshot.first("SELECT vault_id FROM vault_info WHERE singleton = 1", { $0.bytes(0) })
            else { throw ProgramError.refused("the database has no vault id: it is not one of this program") }
            let counts = try tables.map { table in
                (table: table.name, rows: try TableReader(table, dialect: dialect).count(in: snapshot))
            }
            let blobs = try snapshot.first(
                "SELECT COUNT(*), COALESCE(SUM(sealed_size), 0) FROM blobs WHERE inline_content IS NULL"
            ) { BlobFigures(count: $0.integer(0), bytes: $0.integer(1)) }
            let lastEvent = try snapshot.first("SELECT COALESCE(MAX(sequence), 0) FROM journal_events") {
                $0.integer(0)
            }
            let lastLeaf = try snapshot.first("SELECT COALESCE(MAX(leaf_index), 0) FROM journal_leaves") {
                $0.integer(0)
            }
            var values: [SQLValue] = [.bytes(id), .integer(lastEvent ?? 0), .integer(lastLeaf ?? 0)]
            for (table, rows) in counts { values += [.text(table), .integer(rows)] }
            return SourceState(
                vaultID: id, counts: counts, blobs: blobs ?? BlobFigures(),
                fingerprint: SHA256Hash.of(RowCoding.encode(values)))
        }
    }
}
