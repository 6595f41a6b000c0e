public import Database
import Synchronization
import Vault

/// The backups of a vault in numbers.
public struct BackupStatistics: Sendable {
    public var count: [BackupState: Int64] = [:]
    /// Bytes of all archives that are kept.
    public var bytes: Int64 = 0
    /// Moment of the newest complete backup of the system.
    public var newestSystem: Timestamp?
    /// When a backup last stood a drill.
    public var lastProven: Timestamp?
    /// Drills and verifications that ended, by outcome.
    public var checks: [BackupCheck.Kind: [BackupCheck.State: Int64]] = [:]
    /// When each of the newest backups was proven restorable: id and moment, nil for never; at most 20.
    public var provenByBackup: [(id: String, at: Timestamp?)] = []

    public init() {}

}

extension Backups {
    /// What was counted within the last ten seconds, or is counted now.
    public func statistics() async throws -> BackupStatistics {
        let now = core.clock.now()
        let known = statisticsCache.withLock { $0 }
        if let known, abs(now.milliseconds - known.at.milliseconds) < 10_000 { return known.value }
        let value = try await core.database.read { snapshot in try Self.count(in: snapshot) }
        statisticsCache.withLock { $0 = (now, value) }
        return value
    }

    private static func count(in snapshot: borrowing Snapshot) throws -> BackupStatistics {
        var statistics = BackupStatistics()
        try snapshot.forEach(
            "SELECT state, COUNT(*), CAST(SUM(archive_bytes) AS BIGINT) FROM backups GROUP BY state ORDER BY state"
        ) { row in
            if let state = BackupState(rawValue: row.text(0)) { statistics.count[state] = row.integer(1) }
            statistics.bytes += row.integer(2)
            return .more
        }
        statistics.newestSystem =
            try snapshot.first(
                "SELECT MAX(moment) FROM backups WHERE kind = 'systeme' AND state = 'completed'",
                { $0.optionalTimestamp(0) }) ?? nil
        statistics.lastProven =
            try snapshot.first("SELECT MAX(proven_at) FROM backups", { $0.optionalTimestamp(0) }) ?? nil
        try snapshot.forEach(
            """
            SELECT kind, state, COUNT(*) FROM backup_checks WHERE state IN ('passed', 'failed', 'broken')
            GROUP BY kind, state ORDER BY kind, state
            """
        ) { row in
            if let kind = BackupCheck.Kind(rawValue: row.text(0)), let state = BackupCheck.State(rawValue: row.text(1))
            {
                statistics.checks[kind, default: [:]][state] = row.integer(2)
            }
            return .more
        }
        statistics.provenByBackup = try snapshot.all(
            "SELECT id, proven_at FROM backups WHERE state = 'completed' ORDER BY id DESC LIMIT 20"
        ) { (BackupID($0.uuid(0)).description, $0.optionalTimestamp(1)) }
        return statistics
    }
}
