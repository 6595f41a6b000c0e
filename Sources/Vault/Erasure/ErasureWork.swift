import BlobStore
import Database
import Journal

/// The work behind an erasure, step by step.
extension EraseAccount {
    /// Nodes, comments or links in one transaction.
    private static let batch = 64

    /// Goes on with every erasure that has not ended. A job.
    /// - Parameter isNew: only with those that were not gone through before; the others wait for rules to end.
    /// - Returns: how many files and folders went.
    /// - Throws: `LeaseLost`, `CancellationError`.
    public func run(onlyNew isNew: Bool = false, under lease: Lease? = nil) async throws -> Int {
        let accounts = try await core.database.read { snapshot in
            try ErasureStore.unfinished(onlyNew: isNew, in: snapshot)
        }
        var count = 0
        for account in accounts { count += try await advance(account, under: lease) }
        return count
    }

    /// Does all that can be done for one account now. May be called again at any time.
    public func advance(_ id: AccountID, under lease: Lease? = nil) async throws -> Int {
        let record = try await core.database.read { snapshot in try ErasureStore.record(id, in: snapshot) }
        guard let record, record.finishedAt == nil else { return 0 }
        if record.erasedAt == nil {
            try await removeShares(in: record.space, under: lease)
            try await removePerson(id, under: lease)
        }
        let comments = try await removeComments(of: id, under: lease)
        var count = try await shredFiles(of: record, under: lease)
        count += try await shredFolders(of: record, under: lease)
        try await finish(record, changed: count + comments.removed > 0 || record.erasedAt == nil, comments.kept, lease)
        await core.database.scrub()
        return count
    }

    private func write<T: Sendable>(
        under lease: Lease?, _ body: @escaping @Sendable (borrowing Transaction) throws -> T
    ) async throws -> T {
        try Task.checkCancellation()
        return try await core.database.write { transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            return try body(transaction)
        }
    }

    // MARK: The person

    /// What was shared ends before anything is destroyed: from here on nobody writes into the space.
    private func removeShares(in space: SpaceID, under lease: Lease?) async throws {
        while true {
            let removed = try await write(under: lease) { transaction in
                try transaction.run(
                    """
                    DELETE FROM grants WHERE node_id IN (
                        SELECT g.node_id FROM grants g JOIN nodes n ON n.id = g.node_id
                        WHERE n.space_id = \(space) LIMIT \(Self.batch))
                    """)
            }
            if removed == 0 { return }
        }
    }

    /// The account's own rows, its profile and its key. The pseudonym is left: its id.
    private func removePerson(_ id: AccountID, under lease: Lease?) async throws {
        while true {
            let left = try await write(under: lease) { transaction in
                let links = try transaction.run(
                    """
                    DELETE FROM share_links WHERE id IN (
                        SELECT id FROM share_links WHERE created_by = \(id) LIMIT \(Self.batch))
                    """)
                try ErasureStore.add(ErasureReport.Counts(links: links), to: id, in: transaction)
                let notices = try transaction.run(
                    """
                    DELETE FROM notifications WHERE id IN (
                        SELECT id FROM notifications WHERE account_id = \(id) LIMIT \(8 * Self.batch))
                    """)
                return links + notices
            }
            if left == 0 { break }
        }
        try await write(under: lease) { transaction in
            for statement in Self.rows(of: id) { try transaction.run(statement) }
            try transaction.run(
                """
                UPDATE accounts SET email_tag = NULL, sealed_profile = NULL, sealed_password = NULL, status = 'erased',
                                    two_factor_enabled = 0, last_seen_at = NULL, updated_at = updated_at + 1
                WHERE id = \(id)
                """)
            try core.keyring.shred(id.value, in: transaction)
            try transaction.run("UPDATE erasures SET erased_at = \(transaction.now) WHERE account_id = \(id)")
            try core.audit.record(
                .accountErased, on: .account(id), actor: .system, actorID: nil, origin: .local,
                plain: Array("{\"part\":\"account\"}".utf8), in: transaction)
        }
        core.sessions.forget(account: id)
    }

    /// Few rows each: what one person sets, stars, holds and is let into.
    static func rows(of id: AccountID) -> [SQL] {
        [
            "DELETE FROM sessions WHERE account_id = \(id)",
            "DELETE FROM sign_in_challenges WHERE account_id = \(id)",
            "DELETE FROM recovery_codes WHERE account_id = \(id)",
            "DELETE FROM two_factor WHERE account_id = \(id)",
            "DELETE FROM account_settings WHERE account_id = \(id)",
            "DELETE FROM avatars WHERE account_id = \(id)",
            "DELETE FROM presence WHERE account_id = \(id)",
            "DELETE FROM notification_marks WHERE account_id = \(id)",
            "DELETE FROM idempotency_keys WHERE account_id = \(id)",
            "DELETE FROM stars WHERE account_id = \(id)",
            "DELETE FROM locks WHERE holder_id = \(id)",
            "DELETE FROM grants WHERE grantee_id = \(id)",
        ]
    }

    /// What the person wrote on documents of others goes, but for what a legal hold keeps: there it is evidence.
    private func removeComments(of id: AccountID, under lease: Lease?) async throws -> (removed: Int, kept: Int) {
        var cursor: UInt128 = 0
        var removed = 0
        var kept = 0
        while true {
            let page = try await commentPage(of: id, after: CommentID(cursor))
            guard let last = page.last else { return (removed, kept) }
            cursor = last.value
            let gone = try await write(under: lease) { transaction in
                var gone = 0
                for comment in page {
                    let place = try transaction.first(
                        """
                        SELECT n.id, n.space_id FROM comments c JOIN nodes n ON n.id = c.node_id
                        WHERE c.id = \(comment)
                        """
                    ) { row in (node: row.id(0) as NodeID, space: row.id(1) as SpaceID) }
                    guard let place else { continue }
                    if try core.keeping.hasHolds(in: place.space, transaction),
                        try !HoldStore.holds(above: place.node, in: transaction).isEmpty
                    {
                        continue
                    }
                    gone += try transaction.run("DELETE FROM comments WHERE id = \(comment)")
                }
                try ErasureStore.add(ErasureReport.Counts(comments: gone), to: id, in: transaction)
                return gone
            }
            removed += gone
            kept += page.count - gone
        }
    }

    private func commentPage(of id: AccountID, after cursor: CommentID) async throws -> [CommentID] {
        try await core.database.read { snapshot in
            try snapshot.all(
                """
                SELECT id FROM comments WHERE author_id = \(id) AND id > \(cursor) ORDER BY id LIMIT \(Self.batch)
                """
            ) { $0.id(0) }
        }
    }

    // MARK: The content

    private func shredFiles(of record: ErasureStore.Record, under lease: Lease?) async throws -> Int {
        var cursor = NodeID(0)
        var count = 0
        while true {
            let page = try await core.database.read { [cursor] snapshot in
                try nodes(of: record.space, after: cursor, limit: Self.batch, in: snapshot)
            }
            guard let last = page.last else { return count }
            cursor = last.id
            let files = page.filter { $0.kind == .file }
            if files.isEmpty { continue }
            let (part, blobs) = try await write(under: lease) { transaction in
                var counts = ErasureReport.Counts()
                var blobs: [BlobID] = []
                for file in files { blobs += try shred(file.id, of: record, &counts, in: transaction) }
                try ErasureStore.add(counts, to: record.account, in: transaction)
                return (counts.files, blobs)
            }
            count += part
            await core.destroy(blobs)
        }
    }

    /// From the newest to the oldest, over and over while that frees more: a folder goes when nothing is left in it.
    private func shredFolders(of record: ErasureStore.Record, under lease: Lease?) async throws -> Int {
        var total = 0
        for _ in 0...NodeWrites.maximumDepth {
            var cursor = NodeID(.max)
            var count = 0
            while true {
                let page = try await core.database.read { [cursor] snapshot in
                    try snapshot.all(
                        """
                        SELECT id FROM nodes WHERE id < \(cursor) AND space_id = \(record.space) AND state <> 2 AND kind <> 0
                        ORDER BY id DESC LIMIT \(Self.batch)
                        """
                    ) { $0.id(0) as NodeID }
                }
                guard let last = page.last else { break }
                cursor = last
                let part = try await write(under: lease) { transaction in
                    var counts = ErasureReport.Counts()
                    for folder in page { _ = try shred(folder, of: record, &counts, in: transaction) }
                    try ErasureStore.add(counts, to: record.account, in: transaction)
                    return counts.folders
                }
                count += part
            }
            total += count
            if count == 0 { break }
        }
        return total
    }

    /// Destroys one node unless a rule keeps it or something in it; notes which.
    private func shred(
        _ id: NodeID, of record: ErasureStore.Record, _ counts: inout ErasureReport.Counts,
        in transaction: borrowing Transaction
    ) throws -> [BlobID] {
        guard let node = try NodeQueries.record(id, in: transaction), node.state != .purged else { return [] }
        if let bond = try bond(on: id, in: record.space, transaction) {
            try ErasureStore.keep(id, of: record.account, because: bond, in: transaction)
            return []
        }
        try ErasureStore.letGo(id, of: record.account, in: transaction)
        if node.kind.isFolder {
            let isFull = try transaction.exists(
                """
                SELECT 1 FROM nodes WHERE parent_id = \(id) AND state = 0
                UNION ALL
                SELECT 1 FROM nodes WHERE space_id = \(record.space) AND state = 1 AND parent_id = \(id) LIMIT 1
                """)
            if isFull { return [] }
            counts.folders += 1
        } else {
            counts.files += 1
            counts.bytes += node.size
            try core.usage.add(
                files: -1, bytes: -node.size, category: node.category, state: node.state, in: node.space, transaction)
        }
        let blobs = try core.storedBlobs(of: id, in: transaction)
        try core.shredRows(of: id, in: transaction)
        try NodeWrites.appendHistory(
            id, space: node.space, parent: node.parent, kind: node.kind, state: .purged, sealedMeta: nil,
            head: node.head?.number ?? 0, size: node.size, by: AccountID(0), in: transaction)
        try transaction.run(
            """
            UPDATE nodes SET state = 2, name_tag = NULL, sealed_meta = NULL, trash_root = NULL, revision = revision + 1
            WHERE id = \(id)
            """)
        try core.audit.record(
            .fileDeleted, on: .node(id, kind: node.kind, space: node.space), actor: .system, actorID: nil,
            origin: .local, plain: Array("{\"reason\":\"account_erased\"}".utf8), in: transaction)
        transaction.afterCommit { [names = core.names, indexes = core.nameIndexes] in
            names.forget([id])
            indexes.forgetAll()
        }
        return blobs
    }

    // MARK: The end

    /// Closes the erasure when nothing is left, and says in the journal how far it is when something changed.
    private func finish(
        _ record: ErasureStore.Record, changed: Bool, _ keptComments: Int, _ lease: Lease?
    ) async throws {
        let id = record.account
        try await write(under: lease) { transaction in
            let isLeft = try transaction.exists(
                "SELECT 1 FROM nodes WHERE space_id = \(record.space) AND state <> 2 LIMIT 1")
            let isDone = !isLeft && keptComments == 0
            try transaction.run(
                "UPDATE erasures SET passed_at = \(transaction.now) WHERE account_id = \(id) AND passed_at IS NULL")
            guard isDone || changed else { return }
            if isDone {
                try transaction.run(
                    "UPDATE erasures SET finished_at = \(transaction.now) WHERE account_id = \(id)")
            }
            guard let now = try ErasureStore.record(id, in: transaction) else { return }
            let kept = try ErasureStore.kept(of: id, limit: 0, in: transaction).count
            let words =
                "{\"part\":\"content\",\"files\":\(now.counts.files),\"folders\":\(now.counts.folders),"
                + "\"comments\":\(now.counts.comments),\"links\":\(now.counts.links),\"kept\":\(kept),\"finished\":\(isDone)}"
            try core.audit.record(
                .accountErased, on: .account(id), actor: .system, actorID: nil, origin: .local,
                plain: Array(words.utf8), in: transaction)
        }
    }
}
