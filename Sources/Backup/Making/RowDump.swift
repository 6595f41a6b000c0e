import BlobStore
import Crypto
import Database
import Journal
import Vault

/// Writes the rows of a scope, as of one snapshot, into sealed scratch: the one moment that an archive shows.
///
/// Runs on the database's own thread. What it keeps in memory is one segment.
struct RowDump: Sendable {
    let scope: BackupScope
    let seal: ArchiveSeal
    let journal: Journal
    let dialect: SQLDialect
    /// Which archive of the chain it is for.
    let origin: Int
    /// Segments of the archive below, by the hash of their rows.
    let known: [[UInt8]: ArchiveManifest.RowSegment]
    /// Takes sealed segments.
    let segments: ScratchFile
    /// Takes a ``ContentList`` record for each content.
    let contents: ScratchFile

    /// A segment of rows, before it is known which volume it goes into.
    struct Segment: Sendable {
        let table: Int
        let number: Int
        let rows: Int
        let plainHash: [UInt8]
        let sha256: [UInt8]
        let place: Place

        enum Place: Sendable {
            case scratch(offset: Int64, size: Int)
            case earlier(ArchiveManifest.RowSegment)
        }

        /// Bytes that it takes in this archive.
        var scratchSize: Int64? {
            guard case .scratch(_, let size) = place else { return nil }
            return Int64(size)
        }
    }

    struct Result: Sendable {
        /// Which archive of the chain it is for.
        let origin: Int
        var moment = Timestamp(milliseconds: 0)
        var migrations: [String] = []
        var tables: [(name: String, columns: [String], rows: Int64)] = []
        var segments: [Segment] = []
        var journal: ArchiveManifest.JournalMark
        var counts = ArchiveManifest.Counts()
        /// Records in the list of contents.
        var contents: Int64 = 0
    }

    /// - Throws: `ArchiveRefusal.nothingToBackUp`; `DatabaseError`, `BlobStoreError`, `JournalError`.
    func run(in snapshot: borrowing Snapshot) throws -> Result {
        // The body may run again after a lost connection.
        try segments.truncate()
        try contents.truncate()
        try TableDump.lift(dialect: dialect, in: snapshot)
        let checkpoint = try journal.nextCheckpoint(in: snapshot)
        let last = try snapshot.first("SELECT COALESCE(MAX(sequence), 0) FROM journal_events") { $0.integer(0) } ?? 0
        var result = Result(
            origin: origin,
            journal: ArchiveManifest.JournalMark(
                lastSequence: last, treeSize: checkpoint.head.size, checkpoint: checkpoint.note))
        result.moment = snapshot.now
        if case .system = scope {
        } else {
            guard try snapshot.exists(ArchivedTables.nodes(of: scope)) else { throw ArchiveRefusal.nothingToBackUp }
        }
        result.migrations = try snapshot.all("SELECT name FROM schema_migrations ORDER BY name") { $0.text(0) }
        let counts = try ArchivedTables.counts(of: scope, in: snapshot)
        (result.counts.files, result.counts.folders, result.counts.versions) = counts
        var written: Int64 = 0
        let catalog = try TableCatalog(of: snapshot, dialect: dialect)
        for (table, filter) in ArchivedTables.selection(catalog, scope) {
            try dump(table, filter, snapshot, &result, &written)
        }
        return result
    }

    private func dump(
        _ table: TableCatalog.Table, _ filter: SQL?, _ snapshot: borrowing Snapshot, _ result: inout Result,
        _ written: inout Int64
    ) throws {
        let isContents = table.name == "blobs"
        let dump = TableDump(
            table, dialect: dialect, where: filter, emptied: isContents ? [ArchivedTables.packedColumn] : [])
        var lister = isContents ? ContentLister(table, contents) : nil
        var builder = RowSegmentBuilder()
        var total: Int64 = 0
        var number = 0
        let index = result.tables.count
        try dump.forEachRow(in: snapshot) { values in
            try lister?.add(values)
            builder.append(RowCoding.encode(values))
            total += 1
            if builder.isFull {
                result.segments.append(try end(&builder, table.name, index, number, &written))
                number += 1
            }
        }
        if builder.rows > 0 { result.segments.append(try end(&builder, table.name, index, number, &written)) }
        try lister?.end()
        if let lister { result.contents = lister.count }
        result.tables.append((table.name, table.columns.map(\.name), total))
    }

    private func end(
        _ builder: inout RowSegmentBuilder, _ name: String, _ table: Int, _ number: Int, _ written: inout Int64
    ) throws -> Segment {
        let (bytes, rows) = builder.takeAll()
        // Bound to the table: rows of one are never taken for those of another.
        let plainHash = SHA256Hash.of(Array(name.utf8) + [0] + bytes)
        if let earlier = known[plainHash] {
            return Segment(
                table: table, number: number, rows: rows, plainHash: plainHash, sha256: earlier.sha256,
                place: .earlier(earlier))
        }
        let sealed = seal.seal(bytes, as: ArchiveNames.rows(name, number))
        try segments.write(sealed, at: written)
        defer { written += Int64(sealed.count) }
        return Segment(
            table: table, number: number, rows: rows, plainHash: plainHash, sha256: SHA256Hash.of(sealed),
            place: .scratch(offset: written, size: sealed.count))
    }
}
