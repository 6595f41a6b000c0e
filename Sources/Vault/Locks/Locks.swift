import Database

/// A lock makes a node, and all below a folder, read-only for everybody but its holder.
public struct Locks: Sendable {
    let core: VaultCore

    /// Takes the lock, or releases it when the caller holds it (requirements/1, `PUT /api/files/:fileId/lock`).
    /// - Returns: whether the node is locked now.
    /// - Throws: `VaultError.locked` when somebody else holds it.
    public func toggle(_ id: NodeID, as principal: Principal) async throws -> Bool {
        try await core.database.write { transaction in
            let access = try core.grants.require(Own.self, on: id, for: principal, lock: .ignored, in: transaction)
            let record = access.record
            let holder = try transaction.first(
                "SELECT holder_id FROM locks WHERE node_id = \(id) AND (expires_at IS NULL OR expires_at > \(transaction.now))",
                { AccountID($0.uuid(0)) })
            let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: id)
            let action: AuditAction
            if let holder {
                guard holder == principal.account else { throw VaultError.locked }
                try transaction.run("DELETE FROM locks WHERE node_id = \(id)")
                action = .fileUnlocked
            } else {
                try transaction.run(
                    """
                    INSERT INTO locks (node_id, holder_id, created_at) VALUES (\(id), \(principal.account), \(transaction.now))
                    ON CONFLICT (node_id) DO UPDATE
                    SET holder_id = excluded.holder_id, created_at = excluded.created_at, expires_at = NULL
                    """)
                action = .fileLocked
            }
            try core.audit.record(
                action, on: .node(id, kind: record.kind, space: record.space), by: principal,
                details: AuditDetails(name: meta.name.text), key: access.key, in: transaction)
            return holder == nil
        }
    }
}
