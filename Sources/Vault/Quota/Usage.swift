package import Database

/// What a space holds: current versions, by category, live and in the trash.
public struct Usage: Sendable, Equatable {
    public struct Share: Sendable, Equatable {
        public var files: Int64 = 0
        public var bytes: Int64 = 0
    }

    public var live: [FileCategory: Share] = [:]
    public var trashed = Share()
    /// Limit in bytes.
    public var limit: Int64 = 0

    /// Bytes of the current versions of live files: the "storage used" that people see.
    public var used: Int64 { live.values.reduce(0) { $0 + $1.bytes } }
    public var liveFiles: Int64 { live.values.reduce(0) { $0 + $1.files } }
    /// Bytes that the limit counts.
    public var counted: Int64 { used + trashed.bytes }
    public var remaining: Int64 { max(0, limit - counted) }
}

/// Keeps `space_usage` equal to what `nodes` holds, inside the transactions that change `nodes`.
package struct UsageLedger: Sendable {
    let allowance: any StorageAllowance

    /// - Returns: whether `bytes` more bring the space to nine tenths of its limit, where it was below before.
    /// - Throws: `VaultError.quotaExceeded` when `bytes` more would go past the limit.
    @discardableResult
    package func check(
        _ bytes: Int64, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        guard bytes > 0 else { return false }
        let counted = try reading.first(
            "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM space_usage WHERE space_id = \(space)",
            { $0.integer(0) })
        let limit = try allowance.limit(of: space, in: reading)
        let remaining = max(0, limit - (counted ?? 0))
        guard bytes <= remaining else { throw VaultError.quotaExceeded(remaining: remaining) }
        let warning = limit / 10
        return remaining > warning && remaining - bytes <= warning
    }

    func add(
        files: Int64, bytes: Int64, category: FileCategory, state: NodeState, in space: SpaceID,
        _ transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO space_usage (space_id, category, trashed, files, bytes)
            VALUES (\(space), \(category.rawValue), \(state.rawValue), \(files), \(bytes))
            ON CONFLICT (space_id, category, trashed)
            DO UPDATE SET files = space_usage.files + excluded.files, bytes = space_usage.bytes + excluded.bytes
            """)
    }

    func usage(of space: SpaceID, in reading: borrowing some SQLReading & ~Copyable) throws -> Usage {
        var usage = Usage()
        usage.limit = try allowance.limit(of: space, in: reading)
        try reading.forEach(
            "SELECT category, trashed, files, bytes FROM space_usage WHERE space_id = \(space) ORDER BY category, trashed"
        ) { row in
            let share = Usage.Share(files: row.integer(2), bytes: row.integer(3))
            if row.integer(1) == NodeState.trashed.rawValue {
                usage.trashed.files += share.files
                usage.trashed.bytes += share.bytes
            } else if let category = FileCategory(rawValue: row.integer(0)) {
                usage.live[category] = share
            }
            return .more
        }
        return usage
    }
}
