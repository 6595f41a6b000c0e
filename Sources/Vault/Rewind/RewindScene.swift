package import Database

/// What one transaction of a restore looks up once for all its nodes.
package struct RewindScene: Sendable {
    /// On whose word nodes are brought back.
    package enum Authority: String, Sendable {
        /// Who owns the drive, or was made an owner of the folder.
        case owner
        /// Who manages backups: all of the vault.
        case administrator
    }

    package let principal: Principal
    package let space: SpaceID
    /// Where nodes go whose folder is gone for ever.
    package let folder: NodeID
    /// The moment to which the tree is brought back.
    package let moment: Timestamp
    /// A note on new versions.
    package let message: String?
    /// What the journal says beside each act: which restore it belongs to.
    package let restore: RestoreID
    /// Whether the rights to each node need no look.
    let isTrusted: Bool
    /// Whether anything of the space is locked by somebody else.
    let hasLocks: Bool
    let hasRules: Bool

    package init(
        _ core: VaultCore, principal: Principal, authority: Authority, space: SpaceID, folder: NodeID,
        moment: Timestamp, message: String?, restore: RestoreID, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        self.principal = principal
        self.space = space
        self.folder = folder
        self.moment = moment
        self.message = message
        self.restore = restore
        isTrusted =
            try authority == .administrator || principal.space == space
            || core.grants.ownerOfSpace(space, in: reading) == principal.account
        hasLocks = try reading.exists(
            """
            SELECT 1 FROM locks l JOIN nodes n ON n.id = l.node_id
            WHERE n.space_id = \(space) AND l.holder_id <> \(principal.account)
                  AND (l.expires_at IS NULL OR l.expires_at > \(reading.now)) LIMIT 1
            """)
        hasRules = try core.keeping.hasHolds(in: space, reading) || core.keeping.hasPolicies(in: space, reading)
    }

    /// - Throws: `RewindRefused` when the caller has no say over the node, or somebody else holds it.
    package func require(
        _ permission: Permission, on record: NodeRecord, _ core: VaultCore,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        if isTrusted, !hasLocks { return }
        let standing = try core.grants.standing(of: principal, on: record, in: reading)
        if !isTrusted, standing.permission.map({ $0 < permission }) ?? true { throw RewindRefused(.forbidden) }
        if standing.lockedByOther { throw RewindRefused(.locked) }
    }
}

public enum RestoreEntity {}
/// One bringing back of a folder, or of a whole space.
public typealias RestoreID = ID<RestoreEntity>
