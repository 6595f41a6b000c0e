import Crypto
import Database
import Journal
import Vault

/// The statements of imports.
struct ImportStore: Sendable {
    let core: VaultCore

    /// Lines that are sealed together.
    static let pageSize = 200
    /// How long the report of an import that is over is kept, in milliseconds.
    static let kept: Int64 = 30 * 24 * 3_600 * 1_000

    /// Notes that an import begins; reports of the same person that are old go.
    func begin(
        _ id: ImportID, into folder: NodeID, _ counts: ImportCounts, as principal: Principal
    ) async throws {
        let node = core.membership.id
        try await core.database.write { transaction in
            try transaction.run(
                """
                DELETE FROM imports WHERE account_id = \(principal.account) AND state <> 'running'
                    AND updated_at < \(transaction.now.milliseconds - Self.kept)
                """)
            try transaction.run(
                """
                INSERT INTO imports (id, account_id, folder_id, cluster_node_id, state, failure, entries, done, bytes,
                    bytes_done, created, versioned, renamed, folders, refused, created_at, updated_at, finished_at)
                VALUES (\(id), \(principal.account), \(folder), \(node), 'running', NULL, \(counts.entries), 0,
                    \(counts.bytes), 0, 0, 0, 0, 0, 0, \(transaction.now), \(transaction.now), NULL)
                """)
        }
    }

    /// Notes how far it is, and what became of the entries since.
    /// - Parameter first: the number of the first of `lines`, from 0.
    func advance(
        _ id: ImportID, to counts: ImportCounts, _ lines: [ImportLine], from first: Int, as principal: Principal
    ) async throws {
        try await core.database.write { transaction in
            try note(id, counts, lines, from: first, as: principal, in: transaction)
        }
    }

    /// Notes how it ended, and journals it.
    func finish(
        _ id: ImportID, _ state: ImportState, failure: String?, folder: NodeID, _ counts: ImportCounts,
        _ lines: [ImportLine], from first: Int, as principal: Principal
    ) async throws {
        try await core.database.write { transaction in
            try note(id, counts, lines, from: first, as: principal, in: transaction)
            try end(id, state, failure: failure, folder: folder, counts, as: principal, in: transaction)
        }
    }

    private func note(
        _ id: ImportID, _ counts: ImportCounts, _ lines: [ImportLine], from first: Int, as principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE imports SET done = \(counts.done), bytes_done = \(counts.bytesDone), created = \(counts.created),
                versioned = \(counts.versioned), renamed = \(counts.renamed), folders = \(counts.folders),
                refused = \(counts.refused), updated_at = \(transaction.now)
            WHERE id = \(id)
            """)
        guard !lines.isEmpty else { return }
        let key = try core.keyring.accountKey(principal.account, in: transaction)
        let sealed = key.seal(ImportLineCoding.encode(lines), context: Self.context(id, first))
        try transaction.run(
            """
            INSERT INTO import_lines (import_id, first_line, line_count, sealed_lines)
            VALUES (\(id), \(first), \(lines.count), \(sealed))
            """)
    }

    private func end(
        _ id: ImportID, _ state: ImportState, failure: String?, folder: NodeID, _ counts: ImportCounts,
        as principal: Principal, in transaction: borrowing Transaction
    ) throws {
        let changed = try transaction.all(
            """
            UPDATE imports SET state = \(state.rawValue), failure = \(failure.sqlValue), finished_at = \(transaction.now),
                updated_at = \(transaction.now)
            WHERE id = \(id) AND state = 'running' RETURNING 1
            """, { $0.int(0) })
        guard !changed.isEmpty else { return }
        let plain = Array(
            """
            {"import":"\(id)","state":"\(state.rawValue)","entries":\(counts.entries),"created":\(counts.created),\
            "versioned":\(counts.versioned),"renamed":\(counts.renamed),"folders":\(counts.folders),\
            "refused":\(counts.refused)}
            """.utf8)
        let outcome: Outcome = state == .completed ? .success : .failed
        guard let record = try NodeQueries.record(folder, in: transaction), let key = try? record.key(core.keyring)
        else {
            // The folder was destroyed meanwhile.
            try core.audit.record(
                .archiveImported, on: .account(principal.account), by: principal, outcome: outcome, plain: plain,
                in: transaction)
            return
        }
        let name = try? NodeMeta.opened(record.sealedMeta, under: key, node: folder).name.text
        try core.audit.record(
            .archiveImported, on: .node(folder, kind: record.kind, space: record.space), by: principal,
            outcome: outcome, details: AuditDetails(name: name), key: key, plain: plain, in: transaction)
    }

    /// - Throws: `VaultError.notFound(.importing)` for one of somebody else, too.
    func report(_ id: ImportID, of principal: Principal) async throws -> (report: ImportReport, node: ClusterNodeID) {
        let found = try await core.database.read { snapshot in
            try snapshot.first(
                """
                SELECT folder_id, cluster_node_id, state, failure, entries, done, bytes, bytes_done, created, versioned,
                    renamed, folders, refused, created_at, finished_at
                FROM imports WHERE id = \(id) AND account_id = \(principal.account)
                """
            ) { row in
                var counts = ImportCounts()
                counts.entries = row.int(4)
                counts.done = row.int(5)
                counts.bytes = row.integer(6)
                counts.bytesDone = row.integer(7)
                counts.created = row.int(8)
                counts.versioned = row.int(9)
                counts.renamed = row.int(10)
                counts.folders = row.int(11)
                counts.refused = row.int(12)
                let report = ImportReport(
                    id: id, folder: NodeID(row.uuid(0)), state: ImportState(rawValue: row.text(2)) ?? .failed,
                    counts: counts, failure: row.optionalText(3), createdAt: row.timestamp(13),
                    finishedAt: row.optionalTimestamp(14))
                return (report, ClusterNodeID(row.uuid(1)))
            }
        }
        guard let found else { throw VaultError.notFound(.importing) }
        return found
    }

    /// Lines from number `first` on: all of a stored page that holds it, from there.
    func lines(_ id: ImportID, from first: Int, limit: Int, of principal: Principal) async throws -> ImportLines {
        try await core.database.read { snapshot in
            let key = try core.keyring.accountKey(principal.account, in: snapshot)
            let pages = try snapshot.all(
                """
                SELECT first_line, sealed_lines FROM import_lines
                WHERE import_id = \(id) AND first_line + line_count > \(first) ORDER BY first_line LIMIT 6
                """
            ) { row in (row.int(0), row.bytes(1)) }
            var lines: [ImportLine] = []
            for (start, sealed) in pages where lines.count <= limit {
                guard let plain = try? key.open(sealed, context: Self.context(id, start)) else { break }
                lines += ImportLineCoding.decode(plain).dropFirst(max(0, first - start))
            }
            let isMore = lines.count > limit
            return ImportLines(lines: Array(lines.prefix(limit)), next: isMore ? first + limit : nil)
        }
    }

    /// Whether a node lives, as far as the others see.
    func isAlive(_ node: ClusterNodeID) async throws -> Bool {
        if node == core.membership.id { return true }
        return try await core.database.read { snapshot in
            try snapshot.exists(
                """
                SELECT 1 FROM cluster_nodes WHERE id = \(node)
                    AND seen_at > \(snapshot.now.milliseconds - ClusterMembership.silentAfter)
                """)
        }
    }

    private static func context(_ id: ImportID, _ first: Int) -> SealContext {
        SealContext("cloudspace import report", id.value, number: Int64(first))
    }
}
