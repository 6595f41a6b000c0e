public import Database
public import Vault

/// A row of an archive, its values by the names of their columns.
public struct ArchivedRow: Sendable {
    let values: [SQLValue]
    private let columns: [String: Int]

    init(_ values: [SQLValue], _ columns: [String: Int]) {
        self.values = values
        self.columns = columns
    }

    /// NULL also for a column that the table did not have.
    public func value(_ column: String) -> SQLValue { columns[column].map { values[$0] } ?? .null }

    public func integer(_ column: String) -> Int64? {
        if case .integer(let value) = value(column) { value } else { nil }
    }

    public func bytes(_ column: String) -> [UInt8]? {
        if case .bytes(let value) = value(column) { value } else { nil }
    }

    public func text(_ column: String) -> String? {
        if case .text(let value) = value(column) { value } else { nil }
    }

    /// An identifier of 16 bytes.
    public func id<Entity>(_ column: String, as _: Entity.Type = Entity.self) -> ID<Entity>? {
        guard let bytes = bytes(column), bytes.count == 16 else { return nil }
        return ID(bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }
}

extension SealedArchive {
    /// Gives the rows of a table to `body`, some thousand at a time, in the order of the table's key.
    ///
    /// The values of `blobs.inline_content` are not in the rows: no bytes stand for a content that is in the archive's
    /// packs.
    /// - Throws: `ArchiveRefusal.alteredEntry`, …; what `body` throws.
    public func forEachBatch(of table: String, _ body: ([ArchivedRow]) async throws -> Void) async throws {
        guard let found = manifest.table(table) else { return }
        var columns: [String: Int] = [:]
        for (place, name) in found.columns.enumerated() { columns[name] = place }
        for segment in found.segments {
            let plain = try await openRows(segment, of: table)
            try await body(try Self.decode(plain, segment, columns, table))
        }
    }

    private static func decode(
        _ plain: [UInt8], _ segment: ArchiveManifest.RowSegment, _ columns: [String: Int], _ table: String
    ) throws -> [ArchivedRow] {
        var rows: [ArchivedRow] = []
        rows.reserveCapacity(segment.rows)
        var reader = RowSegmentReader(plain)
        do {
            while let values = try reader.next() {
                guard values.count == columns.count else { throw TransferError.malformedRow }
                rows.append(ArchivedRow(values, columns))
            }
        } catch {
            throw ArchiveRefusal.alteredEntry(ArchiveNames.rows(table, segment.number), volume: "")
        }
        guard rows.count == segment.rows else {
            throw ArchiveRefusal.alteredEntry(ArchiveNames.rows(table, segment.number), volume: "")
        }
        return rows
    }

    /// States of nodes as they were at `moment`, the latest of each node that had one by then, out of the archive's tree
    /// history. Batches come in no order of nodes: a later state of the same node replaces an earlier one.
    public func forEachNodeState(
        until moment: Timestamp, _ body: ([ArchivedRow]) async throws -> Void
    ) async throws {
        try await forEachBatch(of: "node_history") { rows in
            let before = rows.filter { ($0.integer("valid_from") ?? .max) <= moment.milliseconds }
            if !before.isEmpty { try await body(before) }
        }
    }
}
