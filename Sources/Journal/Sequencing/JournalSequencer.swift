public import Database

/// Adds recorded events to the tree, a batch at a time, so that no write waits for it.
///
/// Several may work on one store, in one process or in many: a batch is only stored on top of the tree it was made for.
public actor JournalSequencer {
    public nonisolated let journal: Journal
    private let database: any Database
    private let batchSize: Int
    private let interval: Duration
    private let whenSigned: @Sendable (Checkpoint, borrowing Transaction) throws -> Void
    private let signal = WakeSignal()
    /// Nil until it is read, and again after any failure.
    private var edge: TreeEdge?
    private static let mostAttempts = 16

    /// Why the latest batch of ``run()`` failed; nil after a success.
    public private(set) var failure: (any Error)?

    /// - Parameters:
    ///   - batchSize: most events in one transaction, 1 to 4,096. Bounds memory, and how long other writers wait.
    ///   - interval: how long ``run()`` rests; together with the work it must stay below the second that the tree may be
    ///     behind.
    ///   - whenSigned: called in the transaction that stores a checkpoint, also for one that was stored before: what it
    ///     writes becomes durable together with the checkpoint. Must not count on being called once.
    public init(
        _ journal: Journal, database: any Database, batchSize: Int = 1024, interval: Duration = .milliseconds(500),
        whenSigned: @escaping @Sendable (Checkpoint, borrowing Transaction) throws -> Void = { _, _ in }
    ) {
        self.journal = journal
        self.database = database
        self.batchSize = min(max(batchSize, 1), 4096)
        self.interval = interval
        self.whenSigned = whenSigned
    }

    /// Sequences again and again until the task is cancelled; a batch under way is finished first.
    ///
    /// Failures are kept in ``failure`` and tried again after the interval.
    public func run() async {
        while !Task.isCancelled {
            do {
                while try await runBatch() == batchSize && !Task.isCancelled {}
                failure = nil
            } catch {
                failure = error
            }
            await signal.wait(atMost: interval)
        }
    }

    /// Has ``run()`` look now instead of at the end of its interval. Cheap.
    public nonisolated func wake() {
        signal.raise()
    }

    /// Sequences everything that was committed before the call.
    public func catchUp() async throws {
        while try await runBatch() == batchSize {}
    }

    /// Sequences at most `batchSize` events.
    ///
    /// - Returns: how many; fewer than `batchSize` means that there were no more.
    @discardableResult
    public func runBatch() async throws -> Int {
        do {
            var attempts = 0
            while true {
                let batch = try await nextBatch()
                if batch.leaves.isEmpty {
                    edge = batch.after
                    return 0
                }
                do {
                    if try await database.write({ try batch.store(in: $0) }) {
                        edge = batch.after
                        return batch.leaves.count
                    }
                } catch DatabaseError.constraint(kind: .unique, _) where attempts < Self.mostAttempts {
                    // Where writers run side by side, another's leaves of these numbers may show only as this.
                    attempts += 1
                    edge = nil
                }
            }
        } catch {
            edge = nil
            throw error
        }
    }

    /// Hashing happens on the store's reading thread, outside the transaction that holds up others.
    private func nextBatch() async throws -> SequencedBatch {
        let (known, limit, window) = (edge, batchSize, journal.reorderWindow)
        return try await database.read { snapshot in
            var edge = known
            if try edge?.range.size != StoredTree.size(in: snapshot) { edge = nil }
            return try SequencedBatch(
                after: edge ?? TreeEdge(in: snapshot), limit: limit, reorderWindow: window, in: snapshot)
        }
    }

    /// Sequences everything committed so far, signs the tree and stores the checkpoint.
    ///
    /// Before it signs it makes sure that the stored tree still extends the latest checkpoint, so that two checkpoints
    /// never contradict each other.
    /// - Returns: the new checkpoint, or the stored one if nothing happened since.
    /// - Throws: `JournalError.inconsistentTree`, `.damagedTree`, `DatabaseError`.
    public func makeCheckpoint() async throws -> Checkpoint {
        try await catchUp()
        let journal = journal
        let checkpoint = try await database.read { try journal.nextCheckpoint(in: $0) }
        let whenSigned = whenSigned
        try await database.write { transaction in
            try journal.store(checkpoint, in: transaction)
            try whenSigned(checkpoint, transaction)
        }
        return checkpoint
    }
}
