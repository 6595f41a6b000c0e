import Database

/// One line of the trash: a node that was put there itself, and where it was.
public struct TrashedNode: Sendable {
    public let node: Node
    /// Names of the folders above it, from the top; empty at the root. `nil` when its place is gone.
    public let location: [String]?
    /// Live children it had when it was trashed count as its own; bytes of everything that goes with it.
    public let bytes: Int64
}

/// Puts nodes into the trash, lists them, brings them back.
public struct Trash: Sendable {
    let core: VaultCore

    /// Days after which the trash is emptied of a node (requirements/1, background jobs).
    public static let keptDays = 30

    /// Moves a node and all below it to the trash.
    public func put(_ id: NodeID, as principal: Principal) async throws -> Node {
        try await core.database.write { transaction in
            let access = try core.grants.require(Own.self, on: id, for: principal, in: transaction)
            let record = access.record
            guard record.parent != nil else { throw VaultError.forbidden }
            if record.kind.isFolder,
                try core.grants.anyLockBelow(id, heldByOtherThan: principal.account, in: transaction)
            {
                throw VaultError.locked
            }
            try core.keeping.requireFree(.live(id), in: record.space, for: principal, transaction)
            let now = transaction.now
            try core.putIntoTrash(record, by: principal, in: transaction)
            let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: id)
            try core.audit.record(
                .fileTrashed, on: .node(id, kind: record.kind, space: record.space), by: principal,
                details: AuditDetails(name: meta.name.text), key: access.key, in: transaction)
            return Node(
                id: id, space: record.space, parent: record.parent, kind: record.kind, state: .trashed, meta: meta,
                revision: record.revision + 1, head: record.head, size: record.size, createdBy: record.createdBy,
                createdAt: record.createdAt, updatedAt: record.updatedAt, trashedAt: now)
        }
    }

    /// The caller's trash, newest first, at most `limit` nodes, with the number of all of them.
    public func list(limit: Int, as principal: Principal) async throws -> (items: [TrashedNode], total: Int) {
        try principal.require(.readContent)
        return try await core.database.read { snapshot in
            let records = try NodeQueries.trashed(in: principal.space, limit: limit, snapshot)
            let items = try records.map { record in
                let node = record.opened(try core.names.meta(of: record))
                let bytes = try snapshot.first(
                    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM nodes WHERE trash_root = \(record.id)",
                    { $0.integer(0) })
                return TrashedNode(node: node, location: try location(of: record, in: snapshot), bytes: bytes ?? 0)
            }
            let total = try snapshot.first(
                "SELECT COUNT(*) FROM nodes WHERE space_id = \(principal.space) AND state = 1 AND trash_root = id",
                { $0.int(0) })
            return (items, total ?? 0)
        }
    }

    private func location(of record: NodeRecord, in snapshot: borrowing Snapshot) throws -> [String]? {
        guard let parent = record.parent else { return [] }
        let chain = try NodeQueries.ancestors(of: parent, in: snapshot)
        guard chain.allSatisfy({ $0.state != .purged }) else { return nil }
        return try chain.reversed().dropFirst().map { try core.names.meta(of: $0).name.text }
    }

    /// Where a restored node came to lie.
    public enum Place: Sendable, Equatable {
        case original
        /// The folder it was in is gone or in the trash itself: it now lies at the root.
        case root
    }

    /// Brings a node back, to the root when its folder is gone, under a numbered name when its own is taken.
    /// - Throws: `VaultError.notInTrash` unless it lies in the caller's trash.
    public func restore(_ id: NodeID, as principal: Principal) async throws -> (node: Node, place: Place) {
        try await core.database.write { transaction in
            let access = try core.trashed(id, for: principal, in: transaction)
            let record = access.record
            let root = NodeID(record.space.value)
            var place = Place.original
            var parent = record.parent ?? root
            if let above = try NodeQueries.record(parent, in: transaction), above.state == .live {
                _ = above
            } else {
                (place, parent) = (.root, root)
                try core.carryRules(of: record, to: root, by: principal, in: transaction)
            }
            let spaceKey = try core.keyring.spaceKey(record.space, in: transaction)
            var meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: id)
            let (name, tag) = try NodeWrites.freeName(meta.name, in: parent, spaceKey: spaceKey, transaction)
            meta.name = name
            try core.shiftUsage(below: id, in: record.space, from: .trashed, to: .live, transaction)
            // Placed while it is still in the trash: only live nodes may not share a name.
            let sealed = meta.sealed(under: access.key, node: id)
            try NodeWrites.place(
                record, parent: parent, tag: tag, sealedMeta: sealed, by: principal.account, in: transaction)
            try transaction.run(
                """
                UPDATE nodes SET state = 0, trashed_at = NULL, trash_root = NULL, revision = revision + 1
                WHERE trash_root = \(id)
                """)
            try core.audit.record(
                .fileRestored, on: .node(id, kind: record.kind, space: record.space), by: principal,
                details: AuditDetails(name: name.text), key: access.key, in: transaction)
            let node = Node(
                id: id, space: record.space, parent: parent, kind: record.kind, state: .live, meta: meta,
                revision: record.revision + 2, head: record.head, size: record.size, createdBy: record.createdBy,
                createdAt: record.createdAt, updatedAt: transaction.now, trashedAt: nil)
            return (node, place)
        }
    }
}

extension VaultCore {
    /// Moves a node and all that lives below it to the trash: rows, usage and history, but for the journal's event.
    func putIntoTrash(
        _ record: NodeRecord, by principal: Principal, in transaction: borrowing Transaction
    ) throws {
        let id = record.id
        try transaction.run(
            """
            WITH RECURSIVE sub (id) AS (
                SELECT id FROM nodes WHERE id = \(id)
                UNION ALL
                SELECT n.id FROM nodes n JOIN sub ON n.parent_id = sub.id WHERE n.state = 0
            )
            UPDATE nodes SET state = 1, trashed_at = \(transaction.now), trash_root = \(id), revision = revision + 1
            WHERE id IN (SELECT id FROM sub)
            """)
        try shiftUsage(below: id, in: record.space, from: .live, to: .trashed, transaction)
        try NodeWrites.appendHistory(
            id, space: record.space, parent: record.parent, kind: record.kind, state: .trashed,
            sealedMeta: record.sealedMeta, head: record.head?.number ?? 0, size: record.size, by: principal.account,
            in: transaction)
    }

    /// Access to a node that lies in the trash on its own account.
    func trashed(
        _ id: NodeID, for principal: Principal, in transaction: borrowing Transaction
    ) throws -> Access<Own> {
        let access: Access<Own>
        do {
            access = try grants.require(Own.self, on: id, for: principal, state: .trashed, in: transaction)
        } catch VaultError.notFound {
            throw VaultError.notInTrash
        }
        guard
            try transaction.exists("SELECT 1 FROM nodes WHERE id = \(id) AND state = 1 AND trash_root = id")
        else { throw VaultError.notInTrash }
        return access
    }

    /// Moves what lies under one trash root between the live and the trashed side of the usage.
    func shiftUsage(
        below root: NodeID, in space: SpaceID, from: NodeState, to: NodeState?, _ transaction: borrowing Transaction
    ) throws {
        let shares = try transaction.all(
            """
            SELECT category, COUNT(*), CAST(SUM(size) AS BIGINT) FROM nodes
            WHERE trash_root = \(root) AND kind = 0 GROUP BY category ORDER BY category
            """
        ) { row in (FileCategory(rawValue: row.integer(0)) ?? .other, row.integer(1), row.integer(2)) }
        for (category, files, bytes) in shares {
            try usage.add(files: -files, bytes: -bytes, category: category, state: from, in: space, transaction)
            if let to {
                try usage.add(files: files, bytes: bytes, category: category, state: to, in: space, transaction)
            }
        }
    }
}
