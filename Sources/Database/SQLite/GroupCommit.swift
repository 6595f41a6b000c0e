import Synchronization

/// The one thread that writes. It takes whatever is queued, runs one transaction after the other,
/// commits them as one, and only then resumes their callers.
///
/// A group is first run without savepoints, since keeping the pages of each savepoint costs more than
/// the work itself. When one of its transactions fails after it changed something, the whole group is
/// undone and run again with a savepoint for each; that is rare, as refusals come before changes.
///
/// There is no timer: a single caller is served at once, and while one group is being synced the next
/// one gathers by itself.
final class GroupCommit: Sendable {
    private let queue: Monitor<Queue>
    private let commits = Atomic<UInt64>(0)
    private let checkpointer: Checkpointer
    let clock: any WallClock

    /// The most transactions in one group: bounds what a crash of the group makes run again.
    private static let largestGroup = 512

    private enum Task: Sendable {
        case transaction(PendingWrite)
        /// Runs alone between groups, outside any transaction.
        case alone(@Sendable (SQLiteConnection) -> Void)
    }

    private struct Queue: Sendable {
        var waiting: [Task] = []
        let limit: Int
        var stopping = false
    }

    private enum Turn {
        case group([Task])
        case stop
    }

    /// - Parameters:
    ///   - queueLimit: how many transactions may wait before further ones are refused.
    init(
        _ settings: SQLiteSettings, queueLimit: Int, clock: any WallClock, departure: Departure
    ) throws(DatabaseError) {
        self.clock = clock
        queue = Monitor(Queue(limit: queueLimit))
        let connection = try SQLiteConnection(settings, role: .writer)
        checkpointer = try Checkpointer(settings, departure: departure)
        do {
            try WorkerThread.start(owning: connection, departure: departure) { [self] connection in
                work(connection)
            }
        } catch {
            checkpointer.requestStop()
            throw error
        }
    }

    var commitCount: UInt64 { commits.load(ordering: .acquiring) }

    /// Queues a transaction; refusals are given to its caller.
    func submit(_ write: PendingWrite) {
        if let refusal = enqueue(.transaction(write)) { write.fail(refusal) }
    }

    /// Runs `body` alone between groups, with the connection in no transaction.
    func alone<T: Sendable>(_ body: @escaping @Sendable (SQLiteConnection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let refusal = enqueue(.alone { connection in continuation.resume(with: Result { try body(connection) }) })
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    private func enqueue(_ task: Task) -> DatabaseError? {
        queue.update { queue in
            if queue.stopping { return .closed }
            if queue.waiting.count >= queue.limit { return .overloaded }
            queue.waiting.append(task)
            return nil
        }
    }

    /// Has the threads end after what is queued.
    func requestStop() {
        queue.updateAll { $0.stopping = true }
        checkpointer.requestStop()
    }
}

/// What the thread does.
extension GroupCommit {
    private func work(_ connection: SQLiteConnection) {
        var checkpoints = CheckpointPolicy()
        while case .group(let tasks) = next() {
            var group: [PendingWrite] = []
            group.reserveCapacity(tasks.count)
            for task in tasks {
                switch task {
                case .transaction(let write): group.append(write)
                case .alone(let body):
                    commit(group, on: connection)
                    group = []
                    body(connection)
                    try? connection.recover()
                    commits.add(1, ordering: .acquiringAndReleasing)
                }
            }
            commit(group, on: connection)
            checkpoints.groupCommitted(on: connection, with: checkpointer)
        }
    }

    private func next() -> Turn {
        queue.wait { queue in
            guard !queue.waiting.isEmpty else { return queue.stopping ? .stop : nil }
            if queue.waiting.count <= Self.largestGroup {
                defer {
                    queue.waiting = []
                    queue.waiting.reserveCapacity(64)
                }
                return .group(queue.waiting)
            }
            let group = Array(queue.waiting.prefix(Self.largestGroup))
            queue.waiting.removeFirst(Self.largestGroup)
            return .group(group)
        }
    }

    /// Commits `group` as one. Where one of them spoils it for all, each is committed by itself instead.
    private func commit(_ group: [PendingWrite], on connection: SQLiteConnection) {
        guard !group.isEmpty else { return }
        do throws(DatabaseError) {
            var outcome = try commitTogether(group, savepoints: false, on: connection)
            if case .entangled = outcome { outcome = try commitTogether(group, savepoints: true, on: connection) }
            switch outcome {
            case .entangled: throw DatabaseError.other(code: 0, message: "a savepoint did not hold")
            case .done:
                commits.add(1, ordering: .acquiringAndReleasing)
                for write in group { write.finish() }
            case .spoilt(let culprit):
                for (index, write) in group.enumerated() {
                    if index == culprit { write.finish() } else { commit([write], on: connection) }
                }
            }
        } catch {
            try? connection.recover()
            for write in group { write.fail(error) }
        }
    }

    private enum GroupOutcome {
        case done
        /// The transaction is rolled back: a failed member left changes among those of the others.
        case entangled
        /// The transaction is rolled back; the group's member at that index keeps its own outcome.
        case spoilt(Int?)
    }

    private func commitTogether(
        _ group: [PendingWrite], savepoints: Bool, on connection: SQLiteConnection
    ) throws(DatabaseError) -> GroupOutcome {
        try connection.run("BEGIN IMMEDIATE")
        let single = group.count == 1
        var kept = 0
        for (index, write) in group.enumerated() {
            let isGuarded = savepoints && !single
            if isGuarded { try connection.savepoint() }
            let before = connection.changeMark
            let succeeded = write.attempt(on: connection, now: clock.now())
            if connection.isAutocommit {
                // A full disk or a failing one made SQLite roll back everything, not only this savepoint.
                if succeeded { throw .io }
                try connection.recover()
                return .spoilt(index)
            }
            if succeeded { kept += 1 }
            if !succeeded, !single, !savepoints, connection.changeMark != before {
                try connection.recover()
                return .entangled
            }
            if isGuarded {
                if succeeded { try connection.releaseSavepoint() } else { try connection.rollbackToSavepoint() }
            }
        }
        guard kept > 0 else {
            try connection.run("ROLLBACK")
            return .done
        }
        do {
            try connection.run("COMMIT")
            return .done
        } catch .constraint where !single {
            // A deferred foreign key of one of them: found only at the commit, without saying whose.
            try connection.recover()
            return .spoilt(nil)
        }
    }
}
