import BlobStore
import Database
import Journal

/// Destroys what is in the trash: keys first, then content. What is left is a tombstone and the proofs.
public struct Purge: Sendable {
    let core: VaultCore

    public struct Report: Sendable, Equatable {
        public var nodes = 0
        /// Bytes of current versions that the limit no longer counts.
        public var bytes: Int64 = 0
    }

    /// Shreds one node of the trash and all that went there with it.
    public func callAsFunction(_ id: NodeID, as principal: Principal) async throws -> Report {
        let (report, blobs) = try await core.database.write { transaction in
            let access = try core.trashed(id, for: principal, in: transaction)
            return try shred(access.record, by: .principal(principal), in: transaction)
        }
        await erase(blobs)
        return report
    }

    /// Empties the caller's trash, one node at a time, so that no transaction grows without bound.
    public func all(as principal: Principal) async throws -> (report: Report, items: Int) {
        try principal.require(.writeContent)
        var total = Report()
        var items = 0
        while true {
            let step = try await core.database.write { transaction -> (Report, [BlobID], Int)? in
                let records = try NodeQueries.trashed(in: principal.space, limit: 64, transaction)
                if records.isEmpty { return nil }
                var report = Report()
                var blobs: [BlobID] = []
                for record in records {
                    let standing = try core.grants.standing(of: principal, on: record, in: transaction)
                    if standing.lockedByOther { throw VaultError.locked }
                    let (part, ids) = try shred(record, by: .principal(principal), in: transaction)
                    report.nodes += part.nodes
                    report.bytes += part.bytes
                    blobs += ids
                }
                return (report, blobs, records.count)
            }
            guard let (report, blobs, count) = step else { break }
            total.nodes += report.nodes
            total.bytes += report.bytes
            items += count
            await erase(blobs)
        }
        try await core.database.write { [items] transaction in
            try core.audit.record(
                .trashEmptied, on: .account(principal.account), by: principal,
                details: AuditDetails(json: "{\"deleted_count\":\(items)}"),
                key: try core.keyring.accountKey(principal.account, in: transaction), in: transaction)
        }
        return (total, items)
    }

    /// Shreds what has been in the trash for longer than people were promised. A job.
    /// - Returns: how many trashed nodes went.
    public func expired(olderThanDays days: Int = Trash.keptDays, under lease: Lease? = nil) async throws -> Int {
        var count = 0
        while true {
            try Task.checkCancellation()
            let batch = try await core.database.write { transaction -> (blobs: [BlobID], nodes: Int)? in
                if let lease { try core.leases.confirm(lease, in: transaction) }
                let cutoff = transaction.now.milliseconds - Int64(days) * 86_400_000
                let ids = try transaction.all(
                    "SELECT id FROM nodes WHERE state = 1 AND trash_root = id AND trashed_at <= \(cutoff) ORDER BY trashed_at LIMIT 64"
                ) { NodeID($0.uuid(0)) }
                if ids.isEmpty { return nil }
                var blobs: [BlobID] = []
                for id in ids {
                    guard let record = try NodeQueries.record(id, in: transaction) else { continue }
                    blobs += try shred(record, by: .system, in: transaction).1
                }
                return (blobs, ids.count)
            }
            guard let batch else { return count }
            count += batch.nodes
            await erase(batch.blobs)
        }
    }

    private enum Actor { case principal(Principal), system }

    private func shred(
        _ record: NodeRecord, by actor: Actor, in transaction: borrowing Transaction
    ) throws -> (Report, [BlobID]) {
        let id = record.id
        let doomed = try transaction.all(
            "SELECT id, kind, size, parent_id, head_number FROM nodes WHERE trash_root = \(id) ORDER BY id"
        ) { row in
            (
                id: NodeID(row.uuid(0)), kind: NodeKind(rawValue: row.integer(1)) ?? .file, size: row.integer(2),
                parent: row.optionalUUID(3).map(NodeID.init), head: row.int(4)
            )
        }
        let blobs = try transaction.all(
            """
            SELECT DISTINCT b.id
            FROM nodes n JOIN versions v ON v.node_id = n.id JOIN blobs b ON b.id = v.blob_id
            WHERE n.trash_root = \(id) AND b.inline_content IS NULL
            UNION
            SELECT b.id
            FROM nodes n JOIN previews p ON p.node_id = n.id JOIN blobs b ON b.id = p.blob_id
            WHERE n.trash_root = \(id) AND b.inline_content IS NULL
            """
        ) { BlobID($0.uuid(0)) }
        try core.shiftUsage(below: id, in: record.space, from: .trashed, to: nil, transaction)
        for node in doomed {
            try core.keyring.shred(node.id.value, in: transaction)
            try transaction.run(
                "DELETE FROM blobs WHERE id IN (SELECT blob_id FROM versions WHERE node_id = \(node.id))")
            try transaction.run(
                "DELETE FROM blobs WHERE id IN (SELECT blob_id FROM previews WHERE node_id = \(node.id))")
            // Sealed under the key that is gone: nobody reads these rows any more.
            try transaction.run("DELETE FROM previews WHERE node_id = \(node.id)")
            try transaction.run("DELETE FROM comments WHERE node_id = \(node.id)")
            try transaction.run("DELETE FROM share_links WHERE node_id = \(node.id)")
            try transaction.run("DELETE FROM notifications WHERE node_id = \(node.id)")
            try transaction.run("DELETE FROM stars WHERE node_id = \(node.id)")
            try transaction.run("DELETE FROM locks WHERE node_id = \(node.id)")
            try transaction.run("DELETE FROM grants WHERE node_id = \(node.id)")
            try NodeWrites.appendHistory(
                node.id, space: record.space, parent: node.parent, kind: node.kind, state: .purged, sealedMeta: nil,
                head: node.head, size: node.size, by: actorID(actor), in: transaction)
            let target = AuditTarget.node(node.id, kind: node.kind, space: record.space)
            switch actor {
            case .principal(let principal):
                try core.audit.record(.fileDeleted, on: target, by: principal, in: transaction)
            case .system:
                try core.audit.record(
                    .fileDeleted, on: target, actor: .system, actorID: nil, origin: .local,
                    plain: Array("{\"reason\":\"trash_expired\"}".utf8), in: transaction)
            }
        }
        try transaction.run(
            """
            UPDATE nodes SET state = 2, name_tag = NULL, sealed_meta = NULL, trash_root = NULL, revision = revision + 1
            WHERE trash_root = \(id)
            """)
        transaction.afterCommit { [names = core.names, indexes = core.nameIndexes] in
            names.forget(doomed.map(\.id))
            indexes.forgetAll()
        }
        let report = Report(nodes: doomed.count, bytes: doomed.reduce(0) { $0 + ($1.kind == .file ? $1.size : 0) })
        return (report, blobs)
    }

    private func actorID(_ actor: Actor) -> AccountID {
        switch actor {
        case .principal(let principal): principal.account
        case .system: AccountID(0)
        }
    }

    /// Rows are gone and so are the keys: now the unreadable bytes, and the pages of the log that held the keys.
    private func erase(_ ids: [BlobID]) async {
        for id in ids {
            // A failure leaves orphans for the collector; where the store is away nobody waits for each of them to fail.
            do { try await core.blobs.delete(BlobKey(id.value)) } catch { break }
        }
        await core.database.scrub()
    }
}
