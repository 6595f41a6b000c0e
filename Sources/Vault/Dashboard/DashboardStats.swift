public import Database
import Journal

/// The figures on top of a dashboard (requirements/1, `GET /api/dashboard/stats`).
public struct DashboardStats: Sendable, Equatable {
    /// Live files of the caller's own drive.
    public var files: Int64 = 0
    /// Files that came in the last seven days, less those of the seven days before.
    public var filesChange: Int64 = 0
    /// Bytes of their current versions.
    public var used: Int64 = 0
    /// Limit in bytes.
    public var limit: Int64 = 0
    /// Shares the caller gave.
    public var shares: Int64 = 0
    /// Of those, given in the last seven days, less those of the seven days before.
    public var sharesChange: Int64 = 0
    /// What the trash lists.
    public var trashed: Int64 = 0
    /// When the oldest of it was put there.
    public var oldestTrashed: Timestamp?
}

public struct ReadDashboardStats: Sendable {
    let core: VaultCore

    private static let week: Int64 = 7 * 86_400_000
    /// Newest rows of a drive's journal that new files are counted in.
    static let mostEvents = 100_000

    /// The figures of now, or of at most a second ago while nothing was changed here.
    public func callAsFunction(as principal: Principal) async throws -> DashboardStats {
        try principal.require(.readContent)
        return try await core.dashboards.value(principal.account) {
            try await core.database.read { snapshot in try read(as: principal, in: snapshot) }
        }
    }

    private func read(as principal: Principal, in snapshot: borrowing Snapshot) throws -> DashboardStats {
        var stats = DashboardStats()
        let usage = try core.usage.usage(of: principal.space, in: snapshot)
        stats.files = usage.liveFiles
        stats.used = usage.used
        stats.limit = usage.limit
        stats.filesChange = try newFiles(of: principal.space, in: snapshot)
        (stats.shares, stats.sharesChange) = try shares(of: principal.account, in: snapshot)
        stats.trashed =
            try snapshot.first(
                "SELECT COUNT(*) FROM nodes WHERE space_id = \(principal.space) AND state = 1 AND trash_root = id",
                { $0.integer(0) }) ?? 0
        stats.oldestTrashed = try snapshot.first(
            """
            SELECT trashed_at FROM nodes WHERE space_id = \(principal.space) AND state = 1 AND trash_root = id
            ORDER BY trashed_at LIMIT 1
            """
        ) { $0.timestamp(0) }
        return stats
    }

    /// Counted in the journal, which an index already keeps by drive: no upload pays for this figure.
    private func newFiles(of space: SpaceID, in snapshot: borrowing Snapshot) throws -> Int64 {
        let lately = snapshot.now.milliseconds - Self.week
        let before = lately - Self.week
        let first = try core.audit.journal.firstSequence(since: Timestamp(milliseconds: before), in: snapshot)
        return try snapshot.first(
            """
            SELECT CAST(COALESCE(SUM(CASE WHEN time >= \(lately) THEN 1 ELSE -1 END), 0) AS BIGINT)
            FROM (
                SELECT time, action, target_kind FROM journal_events
                WHERE space_id = \(space) AND sequence >= \(first) ORDER BY sequence DESC LIMIT \(Self.mostEvents)
            ) AS newest
            WHERE time >= \(before) AND target_kind = 'fichier' AND action IN ('file_uploaded', 'file_created')
            """
        ) { $0.integer(0) } ?? 0
    }

    private func shares(
        of account: AccountID, in snapshot: borrowing Snapshot
    ) throws -> (all: Int64, change: Int64) {
        let lately = snapshot.now.milliseconds - Self.week
        let before = lately - Self.week
        return try snapshot.first(
            """
            SELECT COUNT(*), CAST(COALESCE(SUM(
                CASE WHEN created_at >= \(lately) THEN 1 WHEN created_at >= \(before) THEN -1 ELSE 0 END), 0) AS BIGINT)
            FROM grants WHERE granted_by = \(account)
            """
        ) { row in (row.integer(0), row.integer(1)) } ?? (0, 0)
    }
}
