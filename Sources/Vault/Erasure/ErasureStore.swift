import Database

/// The statements on `erasures` and `erasure_kept`.
enum ErasureStore {
    struct Record {
        let account: AccountID
        let space: SpaceID
        let askedBy: AccountID
        let askedAt: Timestamp
        let erasedAt: Timestamp?
        /// When all that could go had gone for the first time.
        let passedAt: Timestamp?
        let finishedAt: Timestamp?
        let counts: ErasureReport.Counts

        init(_ row: borrowing Row) {
            account = row.id(0)
            space = row.id(1)
            askedBy = row.id(2)
            askedAt = row.timestamp(3)
            erasedAt = row.optionalTimestamp(4)
            finishedAt = row.optionalTimestamp(5)
            passedAt = row.optionalTimestamp(11)
            counts = ErasureReport.Counts(
                files: row.int(6), folders: row.int(7), bytes: row.integer(8), comments: row.int(9), links: row.int(10))
        }
    }

    static func record(
        _ account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Record? {
        try reading.first(
            """
            SELECT account_id, space_id, asked_by, asked_at, erased_at, finished_at, files, folders, bytes, comments, links,
                   passed_at
            FROM erasures WHERE account_id = \(account)
            """
        ) { Record($0) }
    }

    static func isAsked(
        _ account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try reading.exists("SELECT 1 FROM erasures WHERE account_id = \(account)")
    }

    /// Accounts whose erasure has not ended, first asked first.
    /// - Parameter isNew: only those that were never gone through; the others wait for rules to end.
    static func unfinished(
        onlyNew isNew: Bool, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [AccountID] {
        let condition: SQL = isNew ? "AND passed_at IS NULL" : ""
        return try reading.all(
            """
            SELECT account_id FROM erasures WHERE finished_at IS NULL \(condition) ORDER BY asked_at, account_id LIMIT 1000
            """
        ) { $0.id(0) }
    }

    static func insert(
        _ account: AccountID, space: SpaceID, by person: AccountID, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO erasures (account_id, space_id, asked_by, asked_at, files, folders, bytes, comments, links)
            VALUES (\(account), \(space), \(person), \(transaction.now), 0, 0, 0, 0, 0)
            """)
    }

    static func add(
        _ counts: ErasureReport.Counts, to account: AccountID, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE erasures SET files = files + \(counts.files), folders = folders + \(counts.folders),
                                bytes = bytes + \(counts.bytes), comments = comments + \(counts.comments),
                                links = links + \(counts.links)
            WHERE account_id = \(account)
            """)
    }

    // MARK: What is kept

    static func keep(
        _ node: NodeID, of account: AccountID, because bond: Bond, in transaction: borrowing Transaction
    ) throws {
        let (rule, id) = word(bond.rule)
        try transaction.run(
            """
            INSERT INTO erasure_kept (account_id, node_id, rule, rule_id, kept_until, noted_at)
            VALUES (\(account), \(node), \(rule), \(id), \(bond.until), \(transaction.now))
            ON CONFLICT (account_id, node_id) DO UPDATE
            SET rule = excluded.rule, rule_id = excluded.rule_id, kept_until = excluded.kept_until, noted_at = excluded.noted_at
            """)
    }

    static func letGo(_ node: NodeID, of account: AccountID, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM erasure_kept WHERE account_id = \(account) AND node_id = \(node)")
    }

    static func kept(
        of account: AccountID, limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (count: Int, first: [ErasureReport.Kept]) {
        let count = try reading.first(
            "SELECT COUNT(*) FROM erasure_kept WHERE account_id = \(account)", { $0.int(0) })
        let first = try reading.all(
            """
            SELECT node_id, rule, rule_id, kept_until FROM erasure_kept WHERE account_id = \(account)
            ORDER BY node_id LIMIT \(limit)
            """
        ) { row in
            ErasureReport.Kept(
                node: row.id(0), rule: rule(row.text(1), row.uuid(2)), until: row.optionalTimestamp(3))
        }
        return (count ?? 0, first)
    }

    private static func word(_ rule: Bond.Rule) -> (String, UInt128) {
        switch rule {
        case .hold(let id): ("hold", id.value)
        case .retention(let id, .governance), .bearer(let id, .governance): ("governance", id.value)
        case .retention(let id, .compliance), .bearer(let id, .compliance): ("compliance", id.value)
        }
    }

    private static func rule(_ word: String, _ id: UInt128) -> Bond.Rule {
        switch word {
        case "hold": .hold(HoldID(id))
        case "governance": .retention(RetentionPolicyID(id), .governance)
        default: .retention(RetentionPolicyID(id), .compliance)
        }
    }
}
