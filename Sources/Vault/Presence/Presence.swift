package import Database
import Journal
import Synchronization

/// Who is online: the one place that knows (requirements/1, `is_online` and its background job).
///
/// Signing in and every authenticated request count as a sign of life. Requests only note it in memory, at most once a
/// minute for one person; `flush` writes what was noted, so that no request waits for it or has a statement more. A person
/// is online while the latest sign is less than five minutes old, and offline at once after signing out.
public final class Presence: Sendable {
    /// After so long without a sign somebody is offline. In milliseconds.
    public static let timeout: Int64 = 5 * 60 * 1_000
    static let noteEvery: Duration = .seconds(60)
    /// People remembered; beyond, all are forgotten and written once more than needed.
    private static let capacity = 20_000
    private static let batch = 500

    private struct State {
        /// When a sign of somebody was last taken, by the steady clock.
        var noted: [AccountID: Duration] = [:]
        /// Signs that are not written yet.
        var waiting: [AccountID: Timestamp] = [:]
    }

    private let database: any Database
    private let audit: Audit
    private let leases: Leases
    private let clock: any WallClock
    private let state = Mutex<State>(State())

    init(database: any Database, audit: Audit, leases: Leases, clock: any WallClock) {
        self.database = database
        self.audit = audit
        self.leases = leases
        self.clock = clock
    }

    // MARK: Signs of life

    /// Takes a sign of life: a look into a table, and once a minute a note in it.
    func saw(_ account: AccountID, at elapsed: Duration) {
        state.withLock { state in
            if let last = state.noted[account], elapsed - last < Self.noteEvery { return }
            if state.noted.count >= Self.capacity { state.noted.removeAll(keepingCapacity: true) }
            state.noted[account] = elapsed
            if state.waiting.count < Self.capacity || state.waiting[account] != nil {
                state.waiting[account] = clock.now()
            }
        }
    }

    /// Writes the signs noted since the last time. A job, every few seconds; what cannot be written waits on.
    public func flush() async throws {
        let signs = state.withLock { state in
            let signs = state.waiting.sorted { $0.key.value < $1.key.value }.map { ($0.key, $0.value) }
            state.waiting = [:]
            return signs
        }
        var rest = signs[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.batch)
            do {
                try await database.write { transaction in
                    for (account, moment) in part { try Self.write(account, moment, in: transaction) }
                }
            } catch {
                keep(rest)
                throw error
            }
            rest = rest.dropFirst(Self.batch)
        }
    }

    private func keep(_ signs: ArraySlice<(AccountID, Timestamp)>) {
        state.withLock { state in
            for (account, moment) in signs where state.waiting[account] == nil { state.waiting[account] = moment }
        }
    }

    // MARK: Signing in and out

    /// In the transaction that opens a session.
    func signedIn(_ account: AccountID, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            INSERT INTO presence (account_id, is_online, seen_at) VALUES (\(account), 1, \(transaction.now))
            ON CONFLICT (account_id) DO UPDATE SET is_online = 1, seen_at = excluded.seen_at
            """)
    }

    /// In the transaction that ends a session. Somebody who is signed in elsewhere, too, is online again at their next
    /// request there.
    func signedOut(_ account: AccountID, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            INSERT INTO presence (account_id, is_online, seen_at) VALUES (\(account), 0, \(transaction.now))
            ON CONFLICT (account_id) DO UPDATE SET is_online = 0, seen_at = excluded.seen_at
            """)
        transaction.afterCommit { [self] in
            state.withLock { state in
                state.noted[account] = nil
                state.waiting[account] = nil
            }
        }
    }

    /// A sign older than what is known, such as one from before signing out, changes nothing.
    private static func write(
        _ account: AccountID, _ moment: Timestamp, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO presence (account_id, is_online, seen_at) VALUES (\(account), 1, \(moment))
            ON CONFLICT (account_id) DO UPDATE SET is_online = 1, seen_at = excluded.seen_at
            WHERE presence.seen_at < excluded.seen_at
            """)
    }

    // MARK: Going silent

    /// Marks as offline whoever gave no sign for five minutes, and journals how many, when there were any. A job.
    /// - Parameter lease: the right to do it, checked in the transaction; `nil` when nobody else can be at it.
    /// - Returns: how many went offline.
    /// - Throws: `LeaseLost`.
    @discardableResult
    public func expire(under lease: Lease? = nil) async throws -> Int {
        let isAnybodySilent = try await database.read { snapshot in
            try snapshot.exists(
                "SELECT 1 FROM presence WHERE is_online = 1 AND seen_at <= \(Self.cutoff(snapshot.now)) LIMIT 1")
        }
        guard isAnybodySilent else { return 0 }
        return try await database.write { [audit, leases] transaction in
            if let lease { try leases.confirm(lease, in: transaction) }
            let count = try transaction.run(
                "UPDATE presence SET is_online = 0 WHERE is_online = 1 AND seen_at <= \(Self.cutoff(transaction.now))")
            if count > 0 {
                try audit.record(
                    .presenceExpired, on: .system, actor: .system, actorID: nil, origin: .local,
                    plain: Array("{\"count\":\(count)}".utf8), in: transaction)
            }
            return count
        }
    }

    private static func cutoff(_ now: Timestamp) -> Timestamp { Timestamp(milliseconds: now.milliseconds - timeout) }
}

// MARK: Asking

extension Presence {
    /// Those of `accounts` who are online.
    func online(
        among accounts: [AccountID], in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Set<AccountID> {
        guard let first = accounts.min(by: { $0.value < $1.value }),
            let last = accounts.max(by: { $0.value < $1.value })
        else { return [] }
        let cutoff = Self.cutoff(reading.now)
        let present: [AccountID] = try reading.all(
            """
            SELECT account_id FROM presence
            WHERE account_id >= \(first) AND account_id <= \(last) AND is_online = 1 AND seen_at > \(cutoff)
            """
        ) { $0.id(0) }
        return Set(accounts).intersection(present)
    }

    /// How many active accounts besides one are online.
    func onlineCount(besides account: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int {
        try reading.first(
            """
            SELECT COUNT(*) FROM presence p JOIN accounts a ON a.id = p.account_id
            WHERE p.is_online = 1 AND p.seen_at > \(Self.cutoff(reading.now)) AND p.account_id <> \(account)
              AND a.status = 'active'
            """
        ) { $0.int(0) } ?? 0
    }

    /// Whether somebody is online.
    package func isOnline(_ account: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        try reading.exists(
            """
            SELECT 1 FROM presence
            WHERE account_id = \(account) AND is_online = 1 AND seen_at > \(Self.cutoff(reading.now))
            """)
    }
}
