import Database

/// Everything the side panel shows of one file or folder (requirements/1, `GET /api/files/:fileId`).
public struct NodeDetails: Sendable {
    public struct Share: Sendable {
        public let person: Person
        public let permission: Permission
    }

    public let node: Node
    public let owner: Person
    public let sharedWith: [Share]
    public let isLocked: Bool
    public let isStarred: Bool
    public let childCount: Int
    /// Names of the folders above, from the top of what the caller may see; empty at the root.
    public let path: [String]
    /// What the caller may do.
    public let permission: Permission
    /// The version whose picture has been made, when that is the current one.
    public let preview: VersionID?
}

public struct DescribeNode: Sendable {
    let core: VaultCore

    public func callAsFunction(_ id: NodeID, as principal: Principal) async throws -> NodeDetails {
        try principal.require(.readContent)
        let key = DetailsKey(node: id, account: principal.account)
        return try await core.details.value(key) {
            try await core.database.read { snapshot in try read(id, as: principal, in: snapshot) }
        }
    }

    private func read(
        _ id: NodeID, as principal: Principal, in snapshot: borrowing Snapshot
    ) throws -> NodeDetails {
        let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
        let record = access.record
        guard record.parent != nil, let owner = try core.grants.ownerOfSpace(record.space, in: snapshot) else {
            throw VaultError.notFound(.file)
        }
        let shares = try snapshot.all(
            "SELECT grantee_id, permission FROM grants WHERE node_id = \(id) ORDER BY created_at, grantee_id LIMIT 1000"
        ) { row in (AccountID(row.uuid(0)), Permission(rawValue: row.integer(1)) ?? .viewer) }
        let chain = try NodeQueries.ancestors(of: id, in: snapshot)
        let path = try core.visibleChain(Array(chain.dropFirst()), for: principal, in: snapshot)
        let children =
            record.kind.isFolder
            ? try snapshot.first("SELECT COUNT(*) FROM nodes WHERE parent_id = \(id) AND state = 0", { $0.int(0) }) ?? 0
            : 0
        let now = snapshot.now
        let meta = try core.names.meta(of: record)
        return NodeDetails(
            node: record.opened(meta), owner: try core.people.card(owner, in: snapshot),
            sharedWith: try shares.map {
                NodeDetails.Share(person: try core.people.card($0, in: snapshot), permission: $1)
            },
            isLocked: try snapshot.exists(
                "SELECT 1 FROM locks WHERE node_id = \(id) AND (expires_at IS NULL OR expires_at > \(now))"),
            isStarred: try snapshot.exists(
                "SELECT 1 FROM stars WHERE account_id = \(principal.account) AND node_id = \(id)"),
            childCount: children, path: try path.reversed().map { try core.names.meta(of: $0).name.text },
            permission: try core.grants.standing(of: principal, on: record, in: snapshot).permission ?? .viewer,
            preview: try PreviewRows.made(of: record, meta, in: snapshot))
    }
}

struct DetailsKey: Hashable, Sendable {
    let node: NodeID
    let account: AccountID
}
