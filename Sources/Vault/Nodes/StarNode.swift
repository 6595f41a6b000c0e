import Database

/// Marks a node as one of the caller's favourites, or takes the mark away. Stars belong to a person.
public struct StarNode: Sendable {
    let core: VaultCore

    /// - Returns: whether the node is starred now.
    public func toggle(_ id: NodeID, as principal: Principal) async throws -> Bool {
        try await core.database.write { transaction in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: transaction)
            let record = access.record
            let removed = try transaction.run(
                "DELETE FROM stars WHERE account_id = \(principal.account) AND node_id = \(id)")
            if removed == 0 {
                try transaction.run(
                    "INSERT INTO stars (account_id, node_id, created_at) VALUES (\(principal.account), \(id), \(transaction.now))"
                )
            }
            let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: id)
            try core.audit.record(
                removed == 0 ? .fileStarred : .fileUnstarred, on: .node(id, kind: record.kind, space: record.space),
                by: principal, details: AuditDetails(name: meta.name.text), key: access.key, in: transaction)
            return removed == 0
        }
    }
}
