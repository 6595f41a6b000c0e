import Database

/// A person's notifications: the bell of the header (requirements/1, "Notifications").
public struct Notifications: Sendable {
    let core: VaultCore

    public static let defaultLimit = 50
    public static let maximumLimit = 200

    /// Newest first.
    /// - Parameters:
    ///   - limit: 1…200.
    ///   - cursor: `next` of the page before.
    public func list(
        unreadOnly: Bool = false, limit: Int = Notifications.defaultLimit, cursor: String? = nil,
        as principal: Principal
    ) async throws -> NotificationPage {
        let before = try cursor.map { text throws(VaultError) -> Int64 in
            guard let number = Int64(text), number > 0 else { throw .invalid(field: "cursor", .malformed) }
            return number
        }
        return try await core.database.read { snapshot in
            try NotificationReading(core: core, principal: principal).page(
                unreadOnly: unreadOnly, limit: min(max(1, limit), Self.maximumLimit), before: before, in: snapshot)
        }
    }

    /// - Throws: `VaultError.notFound(.notification)` for one that is not the caller's.
    public func markRead(_ id: NotificationID, as principal: Principal) async throws {
        try await core.database.write { transaction in
            let isRead = try transaction.first(
                "SELECT read_at FROM notifications WHERE id = \(id) AND account_id = \(principal.account)"
            ) { !$0.isNull(0) }
            guard let isRead else { throw VaultError.notFound(.notification) }
            if isRead { return }
            try transaction.run("UPDATE notifications SET read_at = \(transaction.now) WHERE id = \(id)")
            try note(1, by: principal, in: transaction)
        }
    }

    public func markAllRead(as principal: Principal) async throws {
        try await core.database.write { transaction in
            let count = try transaction.run(
                """
                UPDATE notifications SET read_at = \(transaction.now)
                WHERE account_id = \(principal.account) AND read_at IS NULL
                """)
            if count > 0 { try note(count, by: principal, in: transaction) }
        }
    }

    private func note(_ count: Int, by principal: Principal, in transaction: borrowing Transaction) throws {
        let key = try core.keyring.accountKey(principal.account, in: transaction)
        try core.audit.record(
            .notificationsRead, on: .account(principal.account), by: principal,
            details: AuditDetails(json: "{\"count\":\(count)}"), key: key, in: transaction)
    }

    // MARK: As they come

    /// Opens a feed of what comes from now on.
    /// - Parameter last: the last notification the client got before it was cut off; what it missed comes first.
    /// - Throws: `VaultError.tooManyStreams`, `.unavailable` when the server stops.
    public func listen(after last: NotificationID? = nil, as principal: Principal) async throws -> NotificationFeed {
        // Listening before looking: what is committed in between rings the bell.
        let subscription = try core.listeners.open(for: principal.account)
        let feed = NotificationFeed(core: core, principal: principal, subscription: subscription)
        subscription.seen = try await core.database.read { snapshot in
            try start(after: last, account: principal.account, in: snapshot)
        }
        if last != nil { subscription.signal(.changed) }
        return feed
    }

    private func start(
        after last: NotificationID?, account: AccountID, in snapshot: borrowing Snapshot
    ) throws -> Int64 {
        guard let last else {
            let latest = try snapshot.first("SELECT latest FROM notification_marks WHERE account_id = \(account)") {
                $0.integer(0)
            }
            return latest ?? 0
        }
        let known = try snapshot.first(
            "SELECT sequence FROM notifications WHERE id = \(last) AND account_id = \(account)", { $0.integer(0) })
        if let known { return known }
        // It is gone, with a comment for example: ids grow with time, so the one before it is the place to go on from.
        let before = try snapshot.first(
            "SELECT MAX(sequence) FROM notifications WHERE account_id = \(account) AND id < \(last)",
            { $0.optionalInteger(0) })
        return (before ?? nil) ?? 0
    }

    /// What each node does every second for those who listen: signs of life, and a look at what other nodes wrote.
    ///
    /// A look reads the marks of the last minute, so clocks of nodes may differ by that much; whatever it misses comes
    /// with the next sign of life. While nobody listens it does nothing.
    public func tick() async throws {
        guard core.listeners.count > 0 else { return }
        core.listeners.beat()
        let marks = try await core.database.read { snapshot in
            try snapshot.all(
                """
                SELECT account_id, latest FROM notification_marks WHERE updated_at > \(snapshot.now.milliseconds - 60_000)
                ORDER BY updated_at DESC LIMIT 10000
                """
            ) { row in (account: row.id(0) as AccountID, latest: row.integer(1)) }
        }
        for mark in marks { core.listeners.noticed(mark.account, latest: mark.latest) }
    }
}
