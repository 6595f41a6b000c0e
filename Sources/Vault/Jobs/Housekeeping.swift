import BlobStore
public import Database
import Journal

/// Work nobody asks for: collecting orphans, forgetting what expired, emptying old trash.
public struct Housekeeping: Sendable {
    let core: VaultCore

    public struct Report: Sendable, Equatable {
        public var orphans = 0
        public var abandonedUploads = 0
        public var expiredTrash = 0
        public var expiredVersions = 0
        /// Files and folders of accounts that are being erased.
        public var erasedNodes = 0
        public var expiredSessions = 0
        public var expiredNotifications = 0
        public var expiredChallenges = 0
    }

    /// What each node does for itself: writes counts of reads whose time is over, lets go of keys nobody asked for lately.
    public func tidy() async throws {
        core.keyring.forgetOld()
        try await core.reads.flush()
        try await core.refusals.flush()
    }

    /// One round of what is done once for all nodes. Between its steps, each a transaction of bounded size or one blob, it
    /// ends when its task is cancelled.
    /// - Parameter lease: the right to do it, checked in every transaction; `nil` when nobody else can be at it.
    /// - Throws: `LeaseLost`, `CancellationError`.
    public func run(under lease: Lease? = nil) async throws -> Report {
        var report = Report()
        try await tidy()
        (report.expiredSessions, report.expiredChallenges) = try await core.database.write { transaction in
            try confirm(lease, in: transaction)
            try IdempotencyKey.expire(in: transaction)
            try core.signInLimits.expire(in: transaction)
            try ClusterMembership.forgetDead(in: transaction)
            try KeyDistribution.expire(in: transaction)
            let sessions = try Sessions.expire(in: transaction)
            let challenges = try SignInChallenges.expire(in: transaction)
            if sessions + challenges > 0 {
                try core.audit.record(
                    .tokensExpired, on: .system, actor: .system, actorID: nil, origin: .local,
                    plain: Array("{\"sessions\":\(sessions),\"challenges\":\(challenges)}".utf8), in: transaction)
            }
            return (sessions, challenges)
        }
        report.expiredNotifications = try await expireNotifications(under: lease)
        report.expiredTrash = try await Purge(core: core).expired(under: lease)
        report.expiredVersions = try await ExpireVersions(core: core).runAll(under: lease).versions
        report.erasedNodes = try await EraseAccount(core: core).run(under: lease)
        let collected = try await collectOrphans(under: lease)
        report.orphans = collected.blobs
        report.abandonedUploads = collected.uploads
        core.jobs.removed("tokens", report.expiredSessions + report.expiredChallenges)
        core.jobs.removed("notifications", report.expiredNotifications)
        core.jobs.removed("trash", report.expiredTrash)
        core.jobs.removed("versions", report.expiredVersions)
        core.jobs.removed("erased", report.erasedNodes)
        core.jobs.removed("blobs", report.orphans)
        core.jobs.removed("uploads", report.abandonedUploads)
        return report
    }

    /// Forgets notifications that were read long ago.
    private func expireNotifications(under lease: Lease?) async throws -> Int {
        try await core.database.write { transaction in
            try confirm(lease, in: transaction)
            let count = try core.notices.expire(in: transaction)
            if count > 0 {
                try core.audit.record(
                    .notificationsExpired, on: .system, actor: .system, actorID: nil, origin: .local,
                    plain: Array("{\"count\":\(count)}".utf8), in: transaction)
            }
            return count
        }
    }

    /// Writes what is still only in memory; call before the database is closed.
    public func finish() async throws {
        try await core.reads.flush(everything: true)
        try await core.refusals.flush(everything: true)
    }

    /// Deletes blobs that no row points at and uploads that never ended, once they are older than the grace period.
    /// - Parameter now: the moment ages are counted from; the clock's when `nil`.
    public func collectOrphans(
        now: Timestamp? = nil, under lease: Lease? = nil
    ) async throws -> (blobs: Int, uploads: Int) {
        let cutoff = (now ?? core.clock.now()).milliseconds - core.settings.orphanGrace
        var cursor: BlobKey?
        var orphans = 0
        while true {
            try Task.checkCancellation()
            let page = try await core.blobs.list(after: cursor, limit: 1_000)
            guard let last = page.last else { break }
            cursor = last.key
            let old = page.filter { $0.modified <= cutoff && $0.key != BlobStoreMark.key }.map(\.key)
            let unknown = try await core.database.read { snapshot in
                try old.filter { key in try !snapshot.exists("SELECT 1 FROM blobs WHERE id = \(key.value)") }
            }
            for key in unknown {
                try Task.checkCancellation()
                try await core.blobs.delete(key)
                orphans += 1
            }
        }
        let uploads = try await core.blobs.abandoned(olderThanMs: core.settings.orphanGrace)
        // Told without a look at the lease: it was done.
        try await note(.orphansCollected, "blobs", orphans)
        try await note(.uploadsExpired, "uploads", uploads)
        return (orphans, uploads)
    }

    /// Journals what was cleared away, when anything was.
    private func note(_ action: AuditAction, _ what: String, _ count: Int) async throws {
        guard count > 0 else { return }
        try await core.database.write { transaction in
            try core.audit.record(
                action, on: .system, actor: .system, actorID: nil, origin: .local,
                plain: Array("{\"\(what)\":\(count)}".utf8), in: transaction)
        }
    }

    private func confirm(_ lease: Lease?, in transaction: borrowing Transaction) throws {
        if let lease { try core.leases.confirm(lease, in: transaction) }
    }
}
