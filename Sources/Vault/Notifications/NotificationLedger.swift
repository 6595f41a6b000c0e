package import Database

/// Writes notifications inside the transaction of the act they tell of: a share that is rolled back tells nobody.
package struct NotificationLedger: Sendable {
    /// Newest notifications kept for a person.
    static let keptPerPerson: Int64 = 1_000
    /// Days after which those that were read are forgotten.
    static let keptDaysRead: Int64 = 90

    let ids: IDGenerator
    let hub: NotificationHub

    init(ids: IDGenerator, hub: NotificationHub) {
        self.ids = ids
        self.hub = hub
    }

    /// Tells `account`.
    /// - Parameters:
    ///   - actor: who did it; `nil` for the vault itself.
    ///   - node: what it is about; shown to those only who may read it when it is shown.
    ///   - subject: the comment, or the burst of rewriting, that it is about.
    package func post(
        _ kind: NotificationKind, to account: AccountID, by actor: AccountID? = nil, about node: NodeID? = nil,
        subject: ID<NotificationSubjectEntity>? = nil, in transaction: borrowing Transaction
    ) throws {
        // Counted per person, in a row of its own: numbers grow in the order of commits and are never used again, so
        // a stream that knows the last one it sent misses nothing and repeats nothing.
        let sequence = try transaction.first(
            """
            INSERT INTO notification_marks (account_id, latest, updated_at) VALUES (\(account), 1, \(transaction.now))
            ON CONFLICT (account_id) DO UPDATE SET latest = notification_marks.latest + 1, updated_at = excluded.updated_at
            RETURNING latest
            """
        ) { $0.integer(0) }
        guard let sequence else { return }
        let id: NotificationID = ids.next()
        try transaction.run(
            """
            INSERT INTO notifications (id, account_id, sequence, kind, actor_id, node_id, subject_id, created_at)
            VALUES (\(id), \(account), \(sequence), \(kind.rawValue), \(actor.sqlValue), \(node.sqlValue),
                    \(subject.sqlValue), \(transaction.now))
            """)
        try transaction.run(
            "DELETE FROM notifications WHERE account_id = \(account) AND sequence <= \(sequence - Self.keptPerPerson)")
        transaction.afterCommit { [hub] in hub.wake(account) }
    }

    /// Tells the owner of a space that it is nearly full; once, until they have read it.
    func warnOfStorage(in space: SpaceID, _ transaction: borrowing Transaction) throws {
        let owner = try transaction.first("SELECT owner_id FROM spaces WHERE id = \(space)") { $0.id(0) as AccountID }
        guard let owner else { return }
        let isTold = try transaction.exists(
            """
            SELECT 1 FROM notifications WHERE account_id = \(owner) AND read_at IS NULL
                AND kind = \(NotificationKind.storageNearlyFull.rawValue) LIMIT 1
            """)
        if !isTold { try post(.storageNearlyFull, to: owner, in: transaction) }
    }

    /// Tells every administrator; each once, until they have read it.
    package func tellAdministrators(_ kind: NotificationKind, in transaction: borrowing Transaction) throws {
        let untold = try transaction.all(
            """
            SELECT a.id FROM accounts a WHERE a.role = \(Role.admin.rawValue) AND a.status = 'active'
                AND NOT EXISTS (
                    SELECT 1 FROM notifications n
                    WHERE n.account_id = a.id AND n.kind = \(kind.rawValue) AND n.read_at IS NULL)
            ORDER BY a.id LIMIT 100
            """, { $0.id(0) as AccountID })
        for account in untold { try post(kind, to: account, in: transaction) }
    }

    /// Takes back what was told of a comment that is gone.
    func forget(_ comment: CommentID, on node: NodeID, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM notifications WHERE node_id = \(node) AND subject_id = \(comment)")
    }

    /// Removes those that were read long ago.
    /// - Returns: how many went.
    func expire(in transaction: borrowing Transaction) throws -> Int {
        let cutoff = transaction.now.milliseconds - Self.keptDaysRead * 86_400_000
        return try transaction.run("DELETE FROM notifications WHERE read_at IS NOT NULL AND read_at < \(cutoff)")
    }
}
