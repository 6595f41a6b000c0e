package import Database

/// Decides who may do what. The only maker of `Access`.
package struct Grants: Sendable {
    let keyring: Keyring

    /// What a lock of somebody else means for the act.
    package enum LockRule { case mustBeFree, ignored }

    /// - Parameters:
    ///   - state: the state the node must be in; any other is as good as absent.
    /// - Throws: `VaultError.notFound` if there is no such node, `.forbidden` if the principal may not do `Kind` to it,
    ///   `.roleForbids` if their role never may, `.locked` if somebody else holds it or a folder above it.
    package func require<Kind: PermissionKind>(
        _ kind: Kind.Type, on node: NodeID, for principal: Principal, state: NodeState = .live, lock: LockRule? = nil,
        as subject: VaultError.Subject = .file, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Access<Kind> {
        try principal.require(Kind.capability)
        guard let record = try NodeQueries.record(node, in: reading), record.state != .purged else {
            throw VaultError.notFound(subject)
        }
        let standing = try standing(of: principal, on: record, in: reading)
        guard let held = standing.permission else { throw VaultError.forbidden }
        guard record.state == state else { throw VaultError.notFound(subject) }
        guard held >= Kind.needed else { throw VaultError.forbidden }
        let rule = lock ?? (Kind.needed > .viewer ? .mustBeFree : .ignored)
        if rule == .mustBeFree, standing.lockedByOther { throw VaultError.locked }
        return try makeAccess(kind, record: record, principal: principal)
    }

    struct Standing {
        var permission: Permission?
        var lockedByOther = false
    }

    /// The strongest permission on the node or anything above it, and whether somebody else's lock lies on that path.
    func standing(
        of principal: Principal, on record: NodeRecord, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Standing {
        var standing = Standing()
        if record.space == principal.space {
            standing.permission = .owner
        } else if try ownerOfSpace(record.space, in: reading) == principal.account {
            standing.permission = .owner
        }
        let account = principal.account
        let now = reading.now
        // Who owns the space needs nothing from the path but other people's locks, and mostly there are none at all.
        if standing.permission == .owner, try !reading.exists("SELECT 1 FROM locks LIMIT 1") { return standing }
        try reading.forEach(
            """
            WITH RECURSIVE chain (depth, id, parent_id) AS (
                SELECT 0, id, parent_id FROM nodes WHERE id = \(record.id)
                UNION ALL
                SELECT c.depth + 1, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id WHERE c.depth < 200
            )
            SELECT l.holder_id, g.permission
            FROM chain c
            LEFT JOIN locks l ON l.node_id = c.id AND (l.expires_at IS NULL OR l.expires_at > \(now))
            LEFT JOIN grants g ON g.node_id = c.id AND g.grantee_id = \(account)
            """
        ) { row in
            if let holder = row.optionalUUID(0), holder != account.value { standing.lockedByOther = true }
            if let raw = row.optionalInteger(1), let granted = Permission(rawValue: raw) {
                standing.permission = max(standing.permission ?? granted, granted)
            }
            return .more
        }
        return standing
    }

    func ownerOfSpace(_ space: SpaceID, in reading: borrowing some SQLReading & ~Copyable) throws -> AccountID? {
        try reading.first("SELECT owner_id FROM spaces WHERE id = \(space)", { AccountID($0.uuid(0)) })
    }

    /// Whether anybody else holds a lock on the node or anything live below it.
    func anyLockBelow(
        _ node: NodeID, heldByOtherThan account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try reading.first(
            """
            WITH RECURSIVE sub (id) AS (
                SELECT id FROM nodes WHERE id = \(node)
                UNION ALL
                SELECT n.id FROM nodes n JOIN sub ON n.parent_id = sub.id WHERE n.state = 0
            )
            SELECT 1 FROM sub JOIN locks l ON l.node_id = sub.id
            WHERE l.holder_id <> \(account) AND (l.expires_at IS NULL OR l.expires_at > \(reading.now)) LIMIT 1
            """, { $0.integer(0) }) != nil
    }
}
