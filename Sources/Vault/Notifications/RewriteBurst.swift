public import Database

public enum RewriteBurstEntity {}
public typealias RewriteBurstID = ID<RewriteBurstEntity>

/// Somebody, or something in their name, changed far more files in a minute than they ever do: what ransomware does.
public struct RewriteBurst: Sendable, Equatable {
    public let id: RewriteBurstID
    public let account: AccountID
    public let space: SpaceID
    /// The folder that all changed files lie in; the root of the space when they lie all over it.
    public let folder: NodeID
    /// The moment before: to which to bring the folder back.
    public let moment: Timestamp
    /// Files that were rewritten, renamed or trashed, as far as they were counted.
    public let files: Int
    public let noticedAt: Timestamp

    package init(
        id: RewriteBurstID, account: AccountID, space: SpaceID, folder: NodeID, moment: Timestamp, files: Int,
        noticedAt: Timestamp
    ) {
        self.id = id
        self.account = account
        self.space = space
        self.folder = folder
        self.moment = moment
        self.files = files
        self.noticedAt = noticedAt
    }
}

/// The statements on `rewrite_bursts`.
package enum RewriteBursts {
    package static func burst(
        _ id: RewriteBurstID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> RewriteBurst? {
        try reading.first(
            "SELECT id, account_id, space_id, folder_id, moment, files, noticed_at FROM rewrite_bursts WHERE id = \(id)"
        ) { row in
            RewriteBurst(
                id: row.id(0), account: row.id(1), space: row.id(2), folder: row.id(3), moment: row.timestamp(4),
                files: row.int(5), noticedAt: row.timestamp(6))
        }
    }

    /// Makes the quiet after a burst longer, where one went on lately.
    /// - Returns: whether there was one: nobody is told again.
    package static func goesOn(
        _ account: AccountID, in space: SpaceID, files: Int, since: Timestamp, _ transaction: borrowing Transaction
    ) throws -> Bool {
        let latest = try transaction.first(
            """
            SELECT id FROM rewrite_bursts
            WHERE account_id = \(account) AND space_id = \(space) AND last_seen_at >= \(since)
            ORDER BY last_seen_at DESC LIMIT 1
            """
        ) { $0.id(0) as RewriteBurstID }
        guard let latest else { return false }
        try transaction.run(
            """
            UPDATE rewrite_bursts SET last_seen_at = \(transaction.now),
                                      files = CASE WHEN files < \(files) THEN \(files) ELSE files END
            WHERE id = \(latest)
            """)
        return true
    }

    /// Writes a burst, tells the owner of the space and the administrators, and journals it.
    package static func notice(
        _ burst: RewriteBurst, _ core: VaultCore, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO rewrite_bursts (id, account_id, space_id, folder_id, moment, files, noticed_at, last_seen_at)
            VALUES (\(burst.id), \(burst.account), \(burst.space), \(burst.folder), \(burst.moment), \(burst.files),
                    \(burst.noticedAt), \(burst.noticedAt))
            """)
        var told = Set(
            try transaction.all(
                """
                SELECT id FROM accounts WHERE role = \(Role.admin.rawValue) AND status = 'active' ORDER BY id LIMIT 100
                """
            ) { $0.id(0) as AccountID })
        if let owner = try core.grants.ownerOfSpace(burst.space, in: transaction) { told.insert(owner) }
        for account in told.sorted(by: { $0.value < $1.value }) {
            try core.notices.post(
                .rewriteBurst, to: account, by: burst.account, subject: burst.id.rebound(), in: transaction)
        }
        guard let folder = try NodeQueries.record(burst.folder, in: transaction), folder.wrappedKey != nil else {
            return
        }
        let key = try folder.key(core.keyring)
        let json =
            "{\"burst_id\":\"\(burst.id)\",\"account_id\":\"\(burst.account)\",\"files\":\(burst.files),"
            + "\"as_of\":\(burst.moment.milliseconds)}"
        try core.audit.record(
            .rewriteBurstNoticed, on: .node(folder.id, kind: folder.kind, space: folder.space), by: .localOperator,
            details: AuditDetails(
                name: try NodeMeta.opened(folder.sealedMeta, under: key, node: folder.id).name.text, json: json),
            key: key, in: transaction)
    }
}
