public import BlobStore
import Database
import Journal

/// The parts a node stands on, asked by health checks and metrics.
public struct PartChecks: Sendable {
    /// Whether rows can be read.
    public let database: PartCheck<Bool>
    /// Whether the blob store answers, and what room it has.
    public let blobs: PartCheck<BlobStoreStatistics>
    /// Events in the journal's tree.
    public let journalSize: PartCheck<Int64>

    init(core: VaultCore, within deadline: Duration) {
        database = PartCheck(within: deadline, steady: core.steady) { [database = core.database] in
            try await database.read { snapshot in
                _ = try snapshot.exists("SELECT 1 FROM accounts LIMIT 1")
                return true
            }
        }
        blobs = PartCheck(within: deadline, steady: core.steady) { [blobs = core.blobs] in
            try await blobs.statistics()
        }
        let journal = core.sequencer.journal
        journalSize = PartCheck(within: deadline, steady: core.steady) { [database = core.database] in
            try await database.read { snapshot in try journal.treeHead(in: snapshot).size }
        }
    }
}

extension Vault {
    /// - Parameter deadline: how long an answer is waited for.
    public func partChecks(within deadline: Duration) -> PartChecks { PartChecks(core: core, within: deadline) }
}
