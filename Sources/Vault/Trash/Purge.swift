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

    /// What an emptied trash came to.
    public struct Emptied: Sendable {
        public var report = Report()
        /// How many items of the trash are gone.
        public var items = 0
        /// How many had to stay, because a rule binds them.
        public var kept = 0
        /// The first of those, with the strictest rule of each.
        public var examples: [(node: NodeID, why: VaultError.KeptRefusal)] = []

        static let mostExamples = 100
    }

    /// Shreds one node of the trash and all that went there with it.
    public func callAsFunction(_ id: NodeID, as principal: Principal) async throws -> Report {
        let (report, blobs) = try await core.database.write { transaction in
            let access = try core.trashed(id, for: principal, in: transaction)
            try core.keeping.requireFree(.trashed(id), in: access.record.space, for: principal, transaction)
            return try shred(access.record, by: .principal(principal), in: transaction)
        }
        await core.destroy(blobs)
        return report
    }

    /// Destroys one node although policies in governance mode bind it: for who manages retention, wherever the node is and
    /// whosever it is, and never past a legal hold or a policy in compliance mode.
    /// - Parameter reason: goes into the journal, under each policy that was passed over.
    /// - Throws: `VaultError.kept` for what may not be passed over; `.retention(.nothingToBypass)`.
    public func bypassing(_ id: NodeID, reason: String?, as principal: Principal) async throws -> Report {
        try principal.require(.manageRetention)
        let reason = try RuleText.reason(reason)
        let (report, blobs) = try await core.database.write { transaction in
            try core.confirm(principal, for: .manageRetention, in: transaction)
            guard let record = try NodeQueries.record(id, in: transaction), record.state != .purged else {
                throw VaultError.notFound(.file)
            }
            guard record.parent != nil else { throw VaultError.forbidden }
            // What went to the trash with its folder goes with its folder.
            let isPart = try transaction.exists(
                "SELECT 1 FROM nodes WHERE id = \(id) AND state = 1 AND trash_root <> id")
            if isPart { throw VaultError.notInTrash }
            let extent: Extent = record.state == .trashed ? .trashed(id) : .live(id)
            let bonds = try core.keeping.bonds(on: extent, in: record.space, transaction)
            if let firm = Keeping.strictest(bonds.filter { !$0.isBypassable }) {
                throw VaultError.kept(try core.keeping.refusal(firm, for: principal, transaction))
            }
            guard !bonds.isEmpty else { throw VaultError.retention(.nothingToBypass) }
            for bond in bonds { try note(bond, of: id, reason, by: principal, in: transaction) }
            if record.state == .live { try core.putIntoTrash(record, by: principal, in: transaction) }
            return try shred(record, by: .principal(principal), in: transaction)
        }
        await core.destroy(blobs)
        return report
    }

    private func note(
        _ bond: Bond, of node: NodeID, _ reason: String, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        let policy: RetentionPolicyID
        switch bond.rule {
        case .hold: return
        case .retention(let id, _), .bearer(let id, _): policy = id
        }
        try core.audit.record(
            .retentionBypassed, on: .retention(policy), by: principal,
            details: AuditDetails(json: "{\"node_id\":\"\(node)\",\"reason\":\(JSONText.quoted(reason))}"),
            key: try core.keyring.retentionKey(policy, in: transaction), in: transaction)
    }

    /// Empties the caller's trash, one node at a time, so that no transaction grows without bound. What a rule binds stays
    /// where it is, and is counted.
    public func all(as principal: Principal) async throws -> Emptied {
        try principal.require(.writeContent)
        var total = Emptied()
        var cursor: TrashCursor?
        while true {
            let step = try await core.database.write { [cursor] transaction -> (Emptied, [BlobID], TrashCursor)? in
                let records = try NodeQueries.trashed(in: principal.space, after: cursor, limit: 64, transaction)
                guard let last = records.last else { return nil }
                var part = Emptied()
                var blobs: [BlobID] = []
                for record in records {
                    let standing = try core.grants.standing(of: principal, on: record, in: transaction)
                    if standing.lockedByOther { throw VaultError.locked }
                    let bonds = try core.keeping.bonds(on: .trashed(record.id), in: record.space, transaction)
                    if let bond = Keeping.strictest(bonds) {
                        part.kept += 1
                        part.examples.append(
                            (record.id, try core.keeping.refusal(bond, for: principal, transaction)))
                        continue
                    }
                    let (report, ids) = try shred(record, by: .principal(principal), in: transaction)
                    part.report.nodes += report.nodes
                    part.report.bytes += report.bytes
                    part.items += 1
                    blobs += ids
                }
                return (part, blobs, TrashCursor(last))
            }
            guard let (part, blobs, next) = step else { break }
            cursor = next
            total.report.nodes += part.report.nodes
            total.report.bytes += part.report.bytes
            total.items += part.items
            total.kept += part.kept
            total.examples += part.examples.prefix(Emptied.mostExamples - total.examples.count)
            await core.destroy(blobs)
        }
        let details = "{\"deleted_count\":\(total.items),\"kept_count\":\(total.kept)}"
        try await core.database.write { transaction in
            try core.audit.record(
                .trashEmptied, on: .account(principal.account), by: principal, details: AuditDetails(json: details),
                key: try core.keyring.accountKey(principal.account, in: transaction), in: transaction)
        }
        return total
    }

    /// Shreds what has been in the trash for longer than people were promised, but for what a rule binds. A job.
    /// - Returns: how many trashed nodes went.
    public func expired(olderThanDays days: Int = Trash.keptDays, under lease: Lease? = nil) async throws -> Int {
        var count = 0
        var cursor: TrashCursor?
        while true {
            try Task.checkCancellation()
            let batch = try await core.database.write {
                [cursor] transaction -> (blobs: [BlobID], nodes: Int, next: TrashCursor)? in
                if let lease { try core.leases.confirm(lease, in: transaction) }
                let cutoff = transaction.now.milliseconds - Int64(days) * 86_400_000
                let from = cursor ?? TrashCursor(at: .min, id: NodeID(0))
                let ids = try transaction.all(
                    """
                    SELECT id, trashed_at FROM nodes
                    WHERE state = 1 AND trash_root = id AND trashed_at <= \(cutoff)
                          AND (trashed_at > \(from.at) OR trashed_at = \(from.at) AND id > \(from.id))
                    ORDER BY trashed_at, id LIMIT 64
                    """
                ) { TrashCursor(at: $0.integer(1), id: $0.id(0)) }
                guard let last = ids.last else { return nil }
                var blobs: [BlobID] = []
                var nodes = 0
                for item in ids {
                    guard let record = try NodeQueries.record(item.id, in: transaction),
                        try core.keeping.isFree(.trashed(item.id), in: record.space, transaction)
                    else { continue }
                    blobs += try shred(record, by: .system, in: transaction).1
                    nodes += 1
                }
                return (blobs, nodes, last)
            }
            guard let batch else { return count }
            count += batch.nodes
            cursor = batch.next
            await core.destroy(batch.blobs)
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
            try core.shredRows(of: node.id, in: transaction)
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
}

extension VaultCore {
    /// Destroys the key of one node and what is useless without it: data keys, small contents, previews, comments, links.
    func shredRows(of node: NodeID, in transaction: borrowing Transaction) throws {
        try keyring.shred(node.value, in: transaction)
        try transaction.run("DELETE FROM blobs WHERE id IN (SELECT blob_id FROM versions WHERE node_id = \(node))")
        try transaction.run("DELETE FROM blobs WHERE id IN (SELECT blob_id FROM previews WHERE node_id = \(node))")
        // Sealed under the key that is gone: nobody reads these rows any more.
        try transaction.run("DELETE FROM previews WHERE node_id = \(node)")
        try transaction.run("DELETE FROM comments WHERE node_id = \(node)")
        try transaction.run("DELETE FROM share_links WHERE node_id = \(node)")
        try transaction.run("DELETE FROM notifications WHERE node_id = \(node)")
        try transaction.run("DELETE FROM stars WHERE node_id = \(node)")
        try transaction.run("DELETE FROM locks WHERE node_id = \(node)")
        try transaction.run("DELETE FROM grants WHERE node_id = \(node)")
    }

    /// The contents and pictures of one node that rest in the blob store.
    func storedBlobs(of node: NodeID, in reading: borrowing some SQLReading & ~Copyable) throws -> [BlobID] {
        try reading.all(
            """
            SELECT DISTINCT b.id FROM versions v JOIN blobs b ON b.id = v.blob_id
            WHERE v.node_id = \(node) AND b.inline_content IS NULL
            UNION
            SELECT b.id FROM previews p JOIN blobs b ON b.id = p.blob_id
            WHERE p.node_id = \(node) AND b.inline_content IS NULL
            """
        ) { BlobID($0.uuid(0)) }
    }

    /// Rows are gone and so are the keys: now the unreadable bytes, and the pages of the log that held the keys.
    func destroy(_ ids: [BlobID]) async {
        for id in ids {
            // A failure leaves orphans for the collector; where the store is away nobody waits for each of them to fail.
            do { try await blobs.delete(BlobKey(id.value)) } catch { break }
        }
        await database.scrub()
    }
}
