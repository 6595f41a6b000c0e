import Crypto
import Database
import Vault
import Versions

/// The statements on `backup_restores`, its parts and its staged tree.
struct ArchiveRestoreRows {
    let core: VaultCore

    func insert(_ restore: ArchiveRestore, in transaction: borrowing Transaction) throws {
        let selection =
            restore.selection.isEmpty
            ? nil
            : key.seal(Array(restore.selection.joined(separator: "\0").utf8), context: Self.context(restore.id))
        try transaction.run(
            """
            INSERT INTO backup_restores (id, backup_id, state, as_of, newer, is_dry_run, sealed_selection, mended, lost,
                                         requested_by, requested_at)
            VALUES (\(restore.id), \(restore.backup), \(restore.state.rawValue), \(restore.asOf.sqlValue), \(restore.newer.rawValue),
                    \(restore.isDryRun), \(selection.sqlValue), 0, 0, \(restore.requestedBy), \(restore.requestedAt))
            """)
    }

    private static let columns: SQL = """
        id, backup_id, state, as_of, newer, is_dry_run, sealed_selection, mended, lost, problem, requested_by, requested_at,
        started_at, finished_at
        """

    func restore(
        _ id: ArchiveRestoreID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ArchiveRestore? {
        try reading.first("SELECT \(Self.columns) FROM backup_restores WHERE id = \(id)") { row in try read(row) }
    }

    func underWay(in reading: borrowing some SQLReading & ~Copyable) throws -> [ArchiveRestore] {
        try reading.all(
            """
            SELECT \(Self.columns) FROM backup_restores WHERE state IN ('waiting', 'preparing', 'running')
            ORDER BY requested_at, id LIMIT 100
            """
        ) { row in try read(row) }
    }

    func isUnderWay(of backup: BackupID, in reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        try reading.exists(
            """
            SELECT 1 FROM backup_restores
            WHERE state IN ('waiting', 'preparing', 'running') AND backup_id = \(backup) AND is_dry_run = 0 LIMIT 1
            """)
    }

    func set(
        _ id: ArchiveRestoreID, _ state: ArchiveRestore.State, _ problem: ArchiveRestore.Problem? = nil,
        in transaction: borrowing Transaction
    ) throws {
        let end: Timestamp? = state.isUnderWay ? nil : transaction.now
        try transaction.run(
            """
            UPDATE backup_restores SET state = \(state.rawValue), problem = \((problem?.rawValue).sqlValue),
                                       started_at = COALESCE(started_at, \(transaction.now)), finished_at = \(end.sqlValue)
            WHERE id = \(id)
            """)
    }

    func note(_ id: ArchiveRestoreID, mended: Int, lost: Int, in transaction: borrowing Transaction) throws {
        try transaction.run("UPDATE backup_restores SET mended = \(mended), lost = \(lost) WHERE id = \(id)")
    }

    // MARK: Parts

    func add(_ part: RestoreID, to id: ArchiveRestoreID, in transaction: borrowing Transaction) throws {
        try transaction.run(
            "INSERT INTO backup_restore_parts (restore_id, part_id) VALUES (\(id), \(part)) ON CONFLICT DO NOTHING")
    }

    /// What an earlier attempt began goes on by itself, and does nothing twice.
    func forgetParts(of id: ArchiveRestoreID, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM backup_restore_parts WHERE restore_id = \(id)")
    }

    func parts(of id: ArchiveRestoreID, in reading: borrowing some SQLReading & ~Copyable) throws -> [RestoreID] {
        try reading.all(
            "SELECT part_id FROM backup_restore_parts WHERE restore_id = \(id) ORDER BY part_id LIMIT 100000"
        ) { RestoreID($0.uuid(0)) }
    }

    // MARK: The staged tree

    /// Takes states of nodes; of each the latest stays.
    func stage(_ rows: [ArchivedRow], for id: ArchiveRestoreID, in transaction: borrowing Transaction) throws {
        for row in rows {
            guard let node: NodeID = row.id("node_id"), let space: SpaceID = row.id("space_id"),
                let sequence = row.integer("sequence"), let kind = row.integer("kind"),
                let state = row.integer("state"), let head = row.integer("head_number"), let size = row.integer("size")
            else { continue }
            let parent: NodeID? = row.id("parent_id")
            let sealed = row.bytes("sealed_meta")
            try transaction.run(
                """
                INSERT INTO backup_restore_states (restore_id, node_id, sequence, space_id, parent_id, kind, state, sealed_meta,
                                                   head_number, size)
                VALUES (\(id), \(node), \(sequence), \(space), \(parent.sqlValue), \(kind), \(state), \(sealed.sqlValue),
                        \(head), \(size))
                ON CONFLICT (restore_id, node_id) DO UPDATE
                SET sequence = excluded.sequence, space_id = excluded.space_id, parent_id = excluded.parent_id,
                    kind = excluded.kind, state = excluded.state, sealed_meta = excluded.sealed_meta,
                    head_number = excluded.head_number, size = excluded.size
                WHERE excluded.sequence > backup_restore_states.sequence
                """)
        }
    }

    /// Some of the staged rows go.
    /// - Returns: whether any are left.
    func unstage(_ id: ArchiveRestoreID, in transaction: borrowing Transaction) throws -> Bool {
        try transaction.run(
            """
            DELETE FROM backup_restore_states WHERE restore_id = \(id) AND node_id IN (
                SELECT node_id FROM backup_restore_states WHERE restore_id = \(id) ORDER BY node_id LIMIT 5000)
            """) == 5_000
    }

    /// Nodes without a folder above them in the archive: roots of spaces, or what a smaller archive is of.
    func tops(of id: ArchiveRestoreID, in snapshot: borrowing Snapshot) throws -> [(node: NodeID, space: SpaceID)] {
        try snapshot.all(
            """
            SELECT s.node_id, s.space_id FROM backup_restore_states s
            WHERE s.restore_id = \(id) AND s.state = 0 AND NOT EXISTS (
                SELECT 1 FROM backup_restore_states p WHERE p.restore_id = \(id) AND p.node_id = s.parent_id)
            ORDER BY s.node_id LIMIT 100000
            """
        ) { (NodeID($0.uuid(0)), SpaceID($0.uuid(1))) }
    }

    func staged(
        _ node: NodeID, of id: ArchiveRestoreID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (past: PastState, space: SpaceID, isLive: Bool)? {
        try reading.first(
            """
            SELECT node_id, parent_id, kind, sealed_meta, head_number, size, space_id, state FROM backup_restore_states
            WHERE restore_id = \(id) AND node_id = \(node)
            """
        ) { row in (Self.past(row), SpaceID(row.uuid(6)), row.integer(7) == NodeState.live.rawValue) }
    }

    func children(
        of folder: NodeID, after: NodeID, limit: Int, of id: ArchiveRestoreID, in snapshot: borrowing Snapshot
    ) throws -> [PastState] {
        try snapshot.all(
            """
            SELECT node_id, parent_id, kind, sealed_meta, head_number, size FROM backup_restore_states
            WHERE restore_id = \(id) AND parent_id = \(folder) AND node_id > \(after) AND state = 0
            ORDER BY node_id LIMIT \(limit)
            """
        ) { Self.past($0) }
    }

    private static func past(_ row: borrowing Row) -> PastState {
        PastState(
            node: NodeID(row.uuid(0)), parent: row.optionalUUID(1).map(NodeID.init),
            kind: NodeKind(rawValue: row.integer(2)) ?? .file, sealedMeta: row.optionalBytes(3), version: row.int(4),
            size: row.integer(5))
    }

    private func read(_ row: borrowing Row) throws -> ArchiveRestore {
        let id = ArchiveRestoreID(row.uuid(0))
        let selection = try row.optionalBytes(6).map { sealed in
            String(decoding: try key.open(sealed, context: Self.context(id)), as: UTF8.self)
        }
        return ArchiveRestore(
            id: id, backup: BackupID(row.uuid(1)), state: ArchiveRestore.State(rawValue: row.text(2)) ?? .failed,
            asOf: row.optionalTimestamp(3), newer: NewerNodes(rawValue: row.text(4)) ?? .keep, isDryRun: row.bool(5),
            selection: selection.map { $0.split(separator: "\0").map(String.init) } ?? [], mended: row.int(7),
            lost: row.int(8), problem: row.optionalText(9).flatMap(ArchiveRestore.Problem.init),
            requestedBy: AccountID(row.uuid(10)), requestedAt: row.timestamp(11), startedAt: row.optionalTimestamp(12),
            finishedAt: row.optionalTimestamp(13))
    }

    private var key: SealingKey { core.keyring.ring.stableKey("cloudspace archive restores") }

    private static func context(_ id: ArchiveRestoreID) -> SealContext {
        SealContext("cloudspace archive restore selection", id.value)
    }
}
