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
        public var expiredSessions = 0
    }

    /// One round of all of it.
    public func run() async throws -> Report {
        var report = Report()
        try await core.reads.flush()
        report.expiredSessions = try await Sessions(core: core).expire()
        try await core.database.write { transaction in try IdempotencyKey.expire(in: transaction) }
        report.expiredTrash = try await Purge(core: core).expired()
        let collected = try await collectOrphans()
        report.orphans = collected.blobs
        report.abandonedUploads = collected.uploads
        return report
    }

    /// Writes what is still only in memory; call before the database is closed.
    public func finish() async throws { try await core.reads.flush(everything: true) }

    /// Deletes blobs that no row points at and uploads that never ended, once they are older than the grace period.
    /// - Parameter now: the moment ages are counted from; the clock's when `nil`.
    public func collectOrphans(now: Timestamp? = nil) async throws -> (blobs: Int, uploads: Int) {
        let cutoff = (now ?? core.clock.now()).milliseconds - core.settings.orphanGrace
        var cursor: BlobKey?
        var orphans = 0
        while true {
            let page = try await core.blobs.list(after: cursor, limit: 1_000)
            guard let last = page.last else { break }
            cursor = last.key
            let old = page.filter { $0.modified <= cutoff }.map(\.key)
            let unknown = try await core.database.read { snapshot in
                try old.filter { key in try !snapshot.exists("SELECT 1 FROM blobs WHERE id = \(key.value)") }
            }
            for key in unknown {
                try await core.blobs.delete(key)
                orphans += 1
            }
        }
        let uploads = try await core.blobs.abandoned(olderThanMs: core.settings.orphanGrace)
        if orphans + uploads > 0 {
            try await core.database.write { [orphans] transaction in
                try core.audit.record(
                    .orphansCollected, on: .system, actor: .system, actorID: nil, origin: .local,
                    plain: Array("{\"blobs\":\(orphans),\"uploads\":\(uploads)}".utf8), in: transaction)
            }
        }
        return (orphans, uploads)
    }
}
