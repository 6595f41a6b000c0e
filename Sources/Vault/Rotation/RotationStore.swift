import Crypto
import Database

/// The statements on `key_rotations` and `key_generations`.
struct RotationStore: Sendable {
    let ring: KeyRing

    // MARK: Rotations

    /// The rotation under way, or else the last one.
    func latest(in reading: borrowing some SQLReading & ~Copyable) throws -> Rotation? {
        try reading.first(
            """
            SELECT id, from_generation, to_generation, state, rate, sealed_reason, total, done, problem, problem_detail,
                   requested_by, requested_at, started_at, paused_at, finished_at
            FROM key_rotations
            ORDER BY CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END, requested_at DESC, id DESC LIMIT 1
            """, read)
    }

    /// The rotation under way.
    func current(in reading: borrowing some SQLReading & ~Copyable) throws -> Rotation? {
        guard let latest = try latest(in: reading), !latest.state.isFinished else { return nil }
        return latest
    }

    private func read(_ row: borrowing Row) throws -> Rotation {
        let id: RotationID = row.id(0)
        let problem = row.optionalText(8).flatMap(Rotation.Obstacle.init(rawValue:)).map {
            Rotation.Problem(obstacle: $0, detail: row.optionalText(9) ?? "")
        }
        return Rotation(
            id: id, from: row.int(1), to: row.int(2), state: Rotation.State(rawValue: row.text(3)) ?? .failed,
            rate: row.optionalInt(4), reason: row.optionalBytes(5).flatMap { openReason($0, of: id) },
            total: row.int(6), done: row.int(7), problem: problem, requestedBy: row.optionalID(10),
            requestedAt: row.timestamp(11), startedAt: row.optionalTimestamp(12), pausedAt: row.optionalTimestamp(13),
            finishedAt: row.optionalTimestamp(14))
    }

    func insert(
        _ id: RotationID, from: Int, to: Int, rate: Int?, reason: String?, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        let sealed = reason.map { sealReason($0, of: id) }
        let account = principal.isLocalOperator ? nil : principal.account
        try transaction.run(
            """
            INSERT INTO key_rotations (id, from_generation, to_generation, state, rate, sealed_reason, total, done, digest,
                                       requested_by, requested_at)
            VALUES (\(id), \(from), \(to), 'requested', \(rate.sqlValue), \(sealed.sqlValue), 0, 0,
                    \([UInt8](repeating: 0, count: SHA256Hash.size)), \(account.sqlValue), \(transaction.now))
            """)
    }

    /// Says what keeps it from going on; `nil` when nothing does any more.
    func note(_ problem: Rotation.Problem?, on id: RotationID, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            UPDATE key_rotations SET problem = \((problem?.obstacle.rawValue).sqlValue),
                                     problem_detail = \((problem.map { String($0.detail.prefix(500)) }).sqlValue)
            WHERE id = \(id)
            """)
    }

    private var reasonKey: SealingKey { ring.stableKey("cloudspace rotation reasons") }

    private func sealReason(_ reason: String, of id: RotationID) -> [UInt8] {
        reasonKey.seal(Array(reason.utf8), context: SealContext("cloudspace rotation reason", id.value))
    }

    private func openReason(_ sealed: [UInt8], of id: RotationID) -> String? {
        let context = SealContext("cloudspace rotation reason", id.value)
        return (try? reasonKey.open(sealed, context: context)).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Generations

    struct Recorded: Sendable, Equatable {
        let number: Int
        let createdAt: Timestamp
        let activatedAt: Timestamp?
        let retiredAt: Timestamp?
        let destroyedAt: Timestamp?
    }

    /// All that were ever recorded, ascending; none before the first rotation.
    static func generations(in reading: borrowing some SQLReading & ~Copyable) throws -> [Recorded] {
        try reading.all(
            """
            SELECT generation, created_at, activated_at, retired_at, destroyed_at FROM key_generations
            ORDER BY generation LIMIT 1100
            """
        ) { row in
            Recorded(
                number: row.int(0), createdAt: row.timestamp(1), activatedAt: row.optionalTimestamp(2),
                retiredAt: row.optionalTimestamp(3), destroyedAt: row.optionalTimestamp(4))
        }
    }

    /// Rows of `file_keys` by generation. Looks at every row.
    static func rowCounts(in reading: borrowing some SQLReading & ~Copyable) throws -> [Int: Int] {
        let rows = try reading.all(
            "SELECT generation, COUNT(*) FROM file_keys GROUP BY generation ORDER BY generation LIMIT 2000"
        ) { ($0.int(0), $0.int(1)) }
        return Dictionary(rows, uniquingKeysWith: +)
    }

    // MARK: Nodes

    /// The labels of living nodes that do not hold a generation, or do not wrap with it yet.
    static func behind(
        _ generation: Int, wrapping: Bool, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [String] {
        let since = reading.now.milliseconds - ClusterMembership.silentAfter
        let rows = try reading.all(
            """
            SELECT c.label, h.holds, h.wraps FROM cluster_nodes c LEFT JOIN key_holders h ON h.node_id = c.id
            WHERE c.seen_at >= \(since) ORDER BY c.label LIMIT 1000
            """
        ) { ($0.text(0), $0.optionalInt(1) ?? 0, $0.optionalInt(2) ?? 0) }
        return rows.filter { (wrapping ? $0.2 : $0.1) < generation }.map(\.0)
    }
}
