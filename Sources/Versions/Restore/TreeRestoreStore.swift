import Crypto
import Database
import Vault

/// The statements on `tree_restores` and `tree_restore_items`.
struct TreeRestoreStore {
    let core: VaultCore

    /// An item on its way into the table.
    struct NewItem: Sendable {
        let phase: RestorePhase
        let sequence: Int
        let past: PastState
        let acts: RewindActs
        let growth: Int64
        let reason: RewindReason?
    }

    /// An item as the work takes it up.
    struct WorkItem {
        let phase: RestorePhase
        let sequence: Int
        let past: PastState
    }

    // MARK: Restores

    func insert(_ restore: TreeRestore, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            INSERT INTO tree_restores (id, space_id, folder_id, backup_id, moment, newer, authority, state, sealed_message,
                                       phase, sequence, unchanged, newer_kept, is_dry_run, is_cancelled, asked_by, asked_at,
                                       updated_at)
            VALUES (\(restore.id), \(restore.space), \(restore.folder), \(restore.backup.sqlValue), \(restore.moment),
                    \(restore.newer.rawValue), \(restore.authority.rawValue), \(restore.state.rawValue),
                    \(restore.message.map { key.seal(Array($0.utf8), context: Self.context(restore.id)) }.sqlValue), 0, 0, 0, 0,
                    \(restore.isDryRun), 0, \(restore.askedBy), \(restore.askedAt), \(restore.askedAt))
            """)
    }

    private static let columns: SQL = """
        id, space_id, folder_id, backup_id, moment, newer, is_dry_run, state, problem, unchanged, newer_kept, asked_by,
        asked_at, started_at, finished_at, authority, is_cancelled, sealed_message, phase, sequence
        """

    func restore(
        _ id: RestoreID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> TreeRestore? {
        try reading.first("SELECT \(Self.columns) FROM tree_restores WHERE id = \(id)") { row in try read(row) }
    }

    /// Those that wait or are under way, oldest first.
    func underWay(limit: Int, in reading: borrowing some SQLReading & ~Copyable) throws -> [TreeRestore] {
        try reading.all(
            """
            SELECT \(Self.columns) FROM tree_restores WHERE state IN ('planning', 'pending', 'running')
            ORDER BY asked_at, id LIMIT \(limit)
            """
        ) { row in try read(row) }
    }

    func isUnderWay(in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        try reading.exists(
            """
            SELECT 1 FROM tree_restores
            WHERE state IN ('planning', 'pending', 'running') AND space_id = \(space) AND is_dry_run = 0 LIMIT 1
            """)
    }

    /// Forgets dry runs of the space that nobody asks for any more: a few each time.
    func forgetPreviews(in space: SpaceID, _ transaction: borrowing Transaction) throws {
        let before = transaction.now.advanced(bySeconds: -86_400)
        let old = try transaction.all(
            """
            SELECT id FROM tree_restores
            WHERE space_id = \(space) AND asked_at < \(before) AND is_dry_run = 1 ORDER BY asked_at LIMIT 4
            """
        ) { RestoreID($0.uuid(0)) }
        for id in old {
            try transaction.run("DELETE FROM tree_restore_items WHERE restore_id = \(id)")
            try transaction.run("DELETE FROM tree_restores WHERE id = \(id)")
        }
    }

    func planned(
        _ id: RestoreID, as state: TreeRestore.State, unchanged: Int, newerKept: Int,
        in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE tree_restores SET state = \(state.rawValue), unchanged = \(unchanged), newer_kept = \(newerKept),
                                     updated_at = \(transaction.now),
                                     finished_at = \(state == .preview ? transaction.now : nil)
            WHERE id = \(id)
            """)
    }

    func advance(
        _ id: RestoreID, to phase: RestorePhase, _ sequence: Int, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE tree_restores SET state = 'running', phase = \(phase.rawValue), sequence = \(sequence),
                                     started_at = COALESCE(started_at, \(transaction.now)), updated_at = \(transaction.now)
            WHERE id = \(id)
            """)
    }

    func end(
        _ id: RestoreID, as state: TreeRestore.State, _ problem: TreeRestore.Problem?,
        in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE tree_restores SET state = \(state.rawValue), problem = \((problem?.rawValue).sqlValue),
                                     finished_at = \(transaction.now), updated_at = \(transaction.now)
            WHERE id = \(id)
            """)
    }

    func touch(_ id: RestoreID, in transaction: borrowing Transaction) throws {
        try transaction.run("UPDATE tree_restores SET updated_at = \(transaction.now) WHERE id = \(id)")
    }

    func updatedAt(_ id: RestoreID, in reading: borrowing some SQLReading & ~Copyable) throws -> Timestamp? {
        try reading.first("SELECT updated_at FROM tree_restores WHERE id = \(id)") { $0.timestamp(0) }
    }

    func cancel(_ id: RestoreID, in transaction: borrowing Transaction) throws {
        try transaction.run("UPDATE tree_restores SET is_cancelled = 1 WHERE id = \(id)")
    }

    // MARK: Items

    func insert(_ items: [NewItem], of id: RestoreID, in transaction: borrowing Transaction) throws {
        for item in items {
            let outcome: RestoreItem.Outcome = item.reason == nil ? .planned : .refused
            try transaction.run(
                """
                INSERT INTO tree_restore_items (restore_id, phase, sequence, node_id, kind, parent_id, sealed_meta, version, size,
                                                acts, growth, outcome, reason, is_numbered)
                VALUES (\(id), \(item.phase.rawValue), \(item.sequence), \(item.past.node), \(item.past.kind.rawValue),
                        \(item.past.parent.sqlValue), \(item.past.sealedMeta.sqlValue), \(item.past.version), \(item.past.size),
                        \(item.acts.rawValue), \(item.growth), \(outcome.rawValue), \((item.reason?.rawValue).sqlValue), 0)
                """)
        }
    }

    private static let itemColumns: SQL =
        "phase, sequence, node_id, parent_id, kind, sealed_meta, version, size, acts, outcome, reason, is_numbered"

    private static func past(_ row: borrowing Row) -> PastState {
        PastState(
            node: NodeID(row.uuid(2)), parent: row.optionalUUID(3).map(NodeID.init),
            kind: NodeKind(rawValue: row.integer(4)) ?? .file, sealedMeta: row.optionalBytes(5), version: row.int(6),
            size: row.integer(7))
    }

    /// The next planned items of a phase behind `sequence`.
    func planned(
        of id: RestoreID, in phase: RestorePhase, behind sequence: Int, limit: Int,
        _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [WorkItem] {
        try reading.all(
            """
            SELECT \(Self.itemColumns) FROM tree_restore_items
            WHERE restore_id = \(id) AND phase = \(phase.rawValue) AND sequence > \(sequence) AND outcome = 'planned'
            ORDER BY sequence LIMIT \(limit)
            """
        ) { row in WorkItem(phase: phase, sequence: row.int(1), past: Self.past(row)) }
    }

    /// Those that bear a numbered name, behind `sequence`.
    func numbered(
        of id: RestoreID, behind sequence: Int, limit: Int, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [WorkItem] {
        try reading.all(
            """
            SELECT \(Self.itemColumns) FROM tree_restore_items
            WHERE restore_id = \(id) AND phase = \(RestorePhase.past.rawValue) AND sequence > \(sequence) AND is_numbered = 1
            ORDER BY sequence LIMIT \(limit)
            """
        ) { row in WorkItem(phase: .past, sequence: row.int(1), past: Self.past(row)) }
    }

    func close(
        _ item: WorkItem, of id: RestoreID, _ outcome: RestoreItem.Outcome, acts: RewindActs?,
        reason: RewindReason?, trashRoot: NodeID?, isNumbered: Bool, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE tree_restore_items
            SET outcome = \(outcome.rawValue), acts = COALESCE(\((acts?.rawValue).sqlValue), acts),
                reason = \((reason?.rawValue).sqlValue), trash_root = \(trashRoot.sqlValue), is_numbered = \(isNumbered)
            WHERE restore_id = \(id) AND phase = \(item.phase.rawValue) AND sequence = \(item.sequence)
            """)
    }

    /// It bears its own name after all.
    func named(_ item: WorkItem, of id: RestoreID, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            UPDATE tree_restore_items SET is_numbered = 0
            WHERE restore_id = \(id) AND phase = \(item.phase.rawValue) AND sequence = \(item.sequence)
            """)
    }

    /// The sets in the trash that nodes were taken out of one by one.
    func trashRoots(of id: RestoreID, in reading: borrowing some SQLReading & ~Copyable) throws -> [NodeID] {
        try reading.all(
            """
            SELECT DISTINCT trash_root FROM tree_restore_items
            WHERE restore_id = \(id) AND trash_root IS NOT NULL ORDER BY trash_root
            """
        ) { NodeID($0.uuid(0)) }
    }

    func counts(of id: RestoreID, in reading: borrowing some SQLReading & ~Copyable) throws -> RestoreCounts {
        var counts = RestoreCounts()
        try reading.forEach(
            """
            SELECT outcome, acts, reason, COUNT(*), CAST(SUM(growth) AS BIGINT) FROM tree_restore_items
            WHERE restore_id = \(id) GROUP BY outcome, acts, reason
            """
        ) { row in
            let count = row.int(3)
            let acts = RewindActs(rawValue: row.integer(1))
            switch RestoreItem.Outcome(rawValue: row.text(0)) {
            case .planned: counts.planned += count
            case .done: counts.done += count
            case .kept: counts.kept += count
            case .refused, nil: counts.refused += count
            }
            if let reason = row.optionalText(2).flatMap(RewindReason.init) {
                counts.byReason[reason, default: 0] += count
                if reason.isRefusal { return .more }
            }
            counts.growth += row.integer(4)
            for (act, _) in RewindActs.words where acts.contains(act) { counts.byAct[act, default: 0] += count }
            return .more
        }
        return counts
    }

    struct Place: Sendable {
        let phase: Int
        let sequence: Int
    }

    /// One page of the report, with where the next begins.
    func items(
        of id: RestoreID, outcome: RestoreItem.Outcome?, after place: Place, limit: Int,
        in snapshot: borrowing Snapshot
    ) throws -> (items: [RestoreItem], last: Place?) {
        let filter: SQL = outcome.map { "AND outcome = \($0.rawValue)" } ?? ""
        let rows = try snapshot.all(
            """
            SELECT \(Self.itemColumns) FROM tree_restore_items
            WHERE restore_id = \(id) \(filter)
                  AND (phase > \(place.phase) OR phase = \(place.phase) AND sequence > \(place.sequence))
            ORDER BY phase, sequence LIMIT \(limit)
            """
        ) { row in
            (
                past: Self.past(row), acts: RewindActs(rawValue: row.integer(8)), outcome: row.text(9),
                reason: row.optionalText(10), isNumbered: row.bool(11),
                place: Place(phase: row.int(0), sequence: row.int(1))
            )
        }
        let items = try rows.map { row in
            RestoreItem(
                node: row.past.node, kind: row.past.kind, name: try name(of: row.past, in: snapshot), acts: row.acts,
                version: row.past.version, size: row.past.size,
                outcome: RestoreItem.Outcome(rawValue: row.outcome) ?? .refused,
                reason: row.reason.flatMap(RewindReason.init), isNumbered: row.isNumbered)
        }
        return (items, rows.count == limit ? rows.last?.place : nil)
    }

    private func name(of past: PastState, in snapshot: borrowing Snapshot) throws -> NodeName? {
        guard let sealed = past.sealedMeta, let today = try NodeQueries.record(past.node, in: snapshot),
            today.wrappedKey != nil
        else { return nil }
        do {
            return try NodeMeta.opened(sealed, under: try today.key(core.keyring), node: past.node).name
        } catch VaultError.tampered { return nil }
    }

    // MARK: Reading

    private func read(_ row: borrowing Row) throws -> TreeRestore {
        let id = RestoreID(row.uuid(0))
        let message = try row.optionalBytes(17).map { sealed in
            String(decoding: try key.open(sealed, context: Self.context(id)), as: UTF8.self)
        }
        return TreeRestore(
            id: id, space: SpaceID(row.uuid(1)), folder: NodeID(row.uuid(2)),
            backup: row.optionalUUID(3).map(BackupID.init), moment: row.timestamp(4),
            newer: NewerNodes(rawValue: row.text(5)) ?? .keep, isDryRun: row.bool(6),
            state: TreeRestore.State(rawValue: row.text(7)) ?? .failed,
            problem: row.optionalText(8).flatMap(TreeRestore.Problem.init), unchanged: row.int(9),
            newerKept: row.int(10), askedBy: AccountID(row.uuid(11)), askedAt: row.timestamp(12),
            startedAt: row.optionalTimestamp(13), finishedAt: row.optionalTimestamp(14),
            authority: RewindScene.Authority(rawValue: row.text(15)) ?? .owner, isCancelled: row.bool(16),
            message: message, phase: RestorePhase(rawValue: row.int(18)) ?? .names, sequence: row.int(19))
    }

    private var key: SealingKey { core.keyring.ring.stableKey("cloudspace tree restores") }

    private static func context(_ id: RestoreID) -> SealContext {
        SealContext("cloudspace tree restore message", id.value)
    }
}
