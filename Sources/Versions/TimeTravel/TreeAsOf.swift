public import Database
public import Vault

/// A node as it was at a moment.
public struct PastNode: Sendable, Equatable {
    public let id: NodeID
    public let parent: NodeID?
    public let kind: NodeKind
    /// `nil` when the node was shredded since: it was here, its name is gone for ever.
    public let name: NodeName?
    /// Number of the version that was current; 0 for folders.
    public let head: Int
    public let size: Int64
    /// When this state of it began.
    public let validFrom: Timestamp
}

/// The tree as it was at any moment (design, section 7).
public struct TreeAsOf: Sendable {
    private let core: VaultCore

    public init(_ core: VaultCore) { self.core = core }

    /// What lay in a folder at `moment`, names in order, at most `limit` nodes.
    ///
    /// - Parameter folder: `nil` is the root of the caller's space. It may be in the trash today.
    /// - Throws: `VaultError.notFound(.folder)` when the folder did not exist at that moment.
    public func contents(
        of folder: NodeID?, at moment: Timestamp, limit: Int = 10_000, as principal: Principal
    ) async throws -> [PastNode] {
        let id = folder ?? principal.root
        return try await core.database.read { [core] snapshot in
            try Self.requireRead(id, core, principal, snapshot)
            guard try Self.existed(id, at: moment, in: snapshot) else { throw VaultError.notFound(.folder) }
            let rows = try snapshot.all(
                """
                SELECT h.node_id, h.parent_id, h.kind, h.sealed_meta, h.head_number, h.size, h.valid_from
                FROM node_history h
                WHERE h.parent_id = \(id) AND h.valid_from <= \(moment) AND h.state = 0
                  AND NOT EXISTS (SELECT 1 FROM node_history later
                                  WHERE later.node_id = h.node_id AND later.sequence > h.sequence
                                    AND later.valid_from <= \(moment))
                ORDER BY h.sequence LIMIT \(limit)
                """
            ) { row in
                (
                    id: NodeID(row.uuid(0)), parent: row.optionalUUID(1).map(NodeID.init),
                    kind: NodeKind(rawValue: row.integer(2)) ?? .file, sealed: row.optionalBytes(3), head: row.int(4),
                    size: row.integer(5), from: row.timestamp(6)
                )
            }
            return try rows.map { row in
                var name: NodeName?
                if let sealed = row.sealed, let today = try NodeQueries.record(row.id, in: snapshot),
                    today.wrappedKey != nil
                {
                    name = try NodeMeta.opened(sealed, under: try today.key(core.keyring), node: row.id).name
                }
                return PastNode(
                    id: row.id, parent: row.parent, kind: row.kind, name: name, head: row.head, size: row.size,
                    validFrom: row.from)
            }.sorted { ($0.name?.text ?? "") < ($1.name?.text ?? "") }
        }
    }

    /// Whoever may read the folder today, live or trashed, may see its past.
    private static func requireRead(
        _ id: NodeID, _ core: VaultCore, _ principal: Principal, _ snapshot: borrowing Snapshot
    ) throws {
        let state = try NodeQueries.record(id, in: snapshot)?.state ?? .live
        let access = try core.grants.require(
            Read.self, on: id, for: principal, state: state, as: .folder, in: snapshot)
        guard access.record.kind.isFolder else { throw VaultError.invalid(field: "parent_id", .notAFolder) }
    }

    /// Whether the node and every folder above it were live at that moment.
    private static func existed(
        _ id: NodeID, at moment: Timestamp, in snapshot: borrowing Snapshot
    ) throws -> Bool {
        var next: NodeID? = id
        for _ in 0..<200 {
            guard let node = next else { return true }
            let row = try snapshot.first(
                """
                SELECT parent_id, state FROM node_history WHERE node_id = \(node) AND valid_from <= \(moment)
                ORDER BY sequence DESC LIMIT 1
                """
            ) { row in (row.optionalUUID(0).map(NodeID.init), row.integer(1)) }
            guard let (parent, state) = row, state == NodeState.live.rawValue else { return false }
            next = parent
        }
        return false
    }
}
