import Synchronization

/// One thread that writes, with a connection of its own. It takes transactions from the shared queue, runs them one after
/// the other in one transaction of the server, commits them as one, and only then resumes their callers.
///
/// A group is first run without savepoints. When one of its transactions fails after it changed something, or because the
/// server refused a statement, the whole group is undone and run again with a savepoint for each.
///
/// Sendable because it is handed to its one thread, which alone uses it.
final class WriteLane: @unchecked Sendable {
    private let queue: WriteQueue
    private let line: Line
    private let availability: Availability
    private let clock: any WallClock
    private let commits: CommitCount

    /// How often a group is tried before its callers are told of the conflict.
    private static let mostAttempts = 8
    /// How often a rule of the schema that was broken is put down to another transaction.
    private static let mostRaces = 4

    init(
        _ queue: WriteQueue, line: Line, availability: Availability, clock: any WallClock, commits: CommitCount
    ) {
        self.queue = queue
        self.line = line
        self.availability = availability
        self.clock = clock
        self.commits = commits
    }

    func work() {
        while true {
            line.probeWhileAway(refuse: refuseAll)
            switch queue.next(isConnected: line.isConnected) {
            case .transactions(let group): commit(Group(group))
            case .restructuring(let write): commit(Group(restructuring: write))
            case .chore(let body):
                body(try? line.connect())
                commits.increase()
            case .cautious: workCautiously()
            case .connect: line.restore(refuse: refuseAll, passOn: queue.passOn)
            case .stop: return
            }
        }
    }

    /// The lock first, then the group: while it waits for the lock the group grows.
    private func workCautiously() {
        defer { queue.endCaution() }
        let isLocked = (try? line.connect()).map { lock(.writing, on: $0) } ?? false
        let group = queue.takeGroup()
        if group.isEmpty {
            if isLocked { unlock(.writing) }
        } else {
            commit(Group(group), isLocked: isLocked)
        }
    }

    private func refuseAll(_ error: DatabaseError) {
        for task in queue.takeAll() {
            switch task {
            case .transaction(let write), .restructuring(let write): write.fail(error)
            case .chore(let body): body(nil)
            }
        }
    }
}

/// Transactions that are committed as one.
private struct Group {
    let writes: [PendingWrite]
    /// Alone, for as long as it takes, and never beside the same of another node.
    let isRestructuring: Bool

    init(_ writes: [PendingWrite]) {
        self.writes = writes
        isRestructuring = false
    }

    init(restructuring write: PendingWrite) {
        writes = [write]
        isRestructuring = true
    }

    var lock: NodeLock { isRestructuring ? .migrating : .writing }

    func fail(_ error: DatabaseError) {
        for write in writes { write.fail(error) }
    }
}

/// Committing.
extension WriteLane {
    /// What one run of a group came to; the server's transaction is over.
    private enum Outcome {
        case done
        /// A member that failed left changes, or a refused statement, among those of the others.
        case entangled
        /// A rule that is checked at the end was broken, without saying by whom.
        case spoilt
        case repetition(PostgreSQLConnection.Repetition)
        /// The connection broke before COMMIT was sent: nothing was kept.
        case lost(DatabaseError)
        /// It broke while COMMIT was under way.
        case unknown
        case failed(DatabaseError)
    }

    /// Commits `group` as one, as often as it takes. Where one of them spoils it for all, each by itself.
    private func commit(_ group: Group, isLocked: Bool = false) {
        var attempt = Attempt()
        attempt.isLocked = isLocked
        defer { if attempt.isLocked { unlock(group.lock) } }
        while true {
            let connection: PostgreSQLConnection
            do throws(Line.Refusal) {
                connection = try line.connect()
            } catch {
                group.fail(error.error)
                if error.verdict == .away { refuseAll(error.error) }
                return
            }
            if attempt.wantsLock || group.isRestructuring, !attempt.isLocked {
                attempt.isLocked = lock(group.lock, on: connection)
            }
            switch run(group, &attempt, on: connection) {
            case .done:
                commits.increase()
                queue.noteCommit(underLock: attempt.wasLocked)
                for write in group.writes { write.finish() }
                return
            case .entangled:
                guard !attempt.hasSavepoints else {
                    return group.fail(.other(code: 0, message: "a savepoint did not hold"))
                }
                attempt.hasSavepoints = true
            case .spoilt:
                if attempt.isLocked { unlock(group.lock) }
                attempt.isLocked = false
                for write in group.writes { commit(Group([write])) }
                return
            case .repetition(let repetition):
                attempt.number += 1
                guard attempt.number <= Self.mostAttempts else { return group.fail(.conflict) }
                if repetition == .conflict {
                    queue.noteConflict()
                    attempt.wantsLock = true
                    // Who holds the lock keeps others waiting, so it does not wait itself.
                    if !attempt.isLocked { availability.pause(attempt.backoff.take()) }
                }
            case .lost(let error):
                attempt.isLocked = false
                line.drop()
                guard !attempt.wasLost else { return group.fail(error) }
                attempt.wasLost = true
            case .unknown:
                attempt.isLocked = false
                line.drop()
                return group.fail(Self.unknownOutcome)
            case .failed(let error):
                return group.fail(error)
            }
        }
    }

    private struct Attempt {
        var number = 1
        var hasSavepoints = false
        var wantsLock = false
        /// Whether the connection holds the nodes' common lock.
        var isLocked = false
        /// Whether it did while the group was committed.
        var wasLocked = false
        var wasLost = false
        /// How often a broken rule was taken for the work of another transaction.
        var races = 0
        var backoff = Backoff(firstMilliseconds: 2, longestMilliseconds: 100)
    }

    private static let unknownOutcome = DatabaseError.unreachable(
        "the connection to the PostgreSQL server broke while a change was being made durable: it is not known whether it "
            + "was kept")

    private func run(_ group: Group, _ attempt: inout Attempt, on connection: PostgreSQLConnection) -> Outcome {
        attempt.wasLocked = attempt.isLocked
        if group.isRestructuring {
            return connection.withoutHaste { runOnce(group, &attempt, on: connection) }
        }
        return runOnce(group, &attempt, on: connection)
    }

    private func runOnce(_ group: Group, _ attempt: inout Attempt, on connection: PostgreSQLConnection) -> Outcome {
        let settings =
            if group.isRestructuring {
                ["SET LOCAL statement_timeout = 0"]
            } else if attempt.isLocked {
                [String]()
            } else {
                // Its snapshot may be as old as the wait for the lock; then it conflicts, and comes back with the lock.
                [connection.locks.sharing(.writing)]
            }
        connection.begin(.serializable, settings)
        let isSingle = group.writes.count == 1
        let isGuarded = attempt.hasSavepoints && !isSingle
        var kept = 0
        for write in group.writes {
            if isGuarded { try? connection.savepoint() }
            let before = connection.changeMark
            var succeeded = write.attempt(on: connection, now: clock.now())
            switch connection.fate {
            case .open: break
            case .again(let repetition):
                connection.rollback()
                return .repetition(repetition)
            case .lost(let error): return .lost(error)
            }
            if let failure = connection.failure {
                if isSingle || isGuarded, failure.mayBeARace, attempt.races < Self.mostRaces {
                    attempt.races += 1
                    connection.rollback()
                    return .repetition(.conflict)
                }
                if succeeded, isSingle || isGuarded {
                    // The body kept a failure to itself that the server does not forgive.
                    write.overrule(with: failure)
                    succeeded = false
                }
            }
            if succeeded, connection.failure == nil {
                kept += 1
                if isGuarded { try? connection.releaseSavepoint() }
            } else if isGuarded {
                try? connection.rollbackToSavepoint()
                if case .lost(let error) = connection.fate { return .lost(error) }
            } else if !isSingle, connection.failure != nil || connection.changeMark != before {
                connection.rollback()
                return .entangled
            }
        }
        guard kept > 0 else {
            connection.rollback()
            return .done
        }
        return end(group, &attempt, on: connection)
    }

    private func end(_ group: Group, _ attempt: inout Attempt, on connection: PostgreSQLConnection) -> Outcome {
        switch connection.commit(then: attempt.isLocked ? connection.locks.unlocking(group.lock) : nil) {
        case .kept:
            attempt.isLocked = false
            return .done
        case .conflict:
            connection.rollback()
            return .repetition(.conflict)
        case .refused(let error):
            connection.rollback()
            if case .constraint = error, group.writes.count > 1 { return .spoilt }
            return .failed(error)
        case .unknown:
            return .unknown
        }
    }
}

/// The nodes' common lock.
extension WriteLane {
    /// Before BEGIN, so that the transaction's snapshot is newer than the lock.
    /// - Returns: whether it is held; without it the work may still succeed.
    private func lock(_ lock: NodeLock, on connection: PostgreSQLConnection) -> Bool {
        do throws(DatabaseError) {
            try connection.control(connection.locks.locking(lock))
            return true
        } catch {
            return false
        }
    }

    private func unlock(_ lock: NodeLock) {
        guard line.isConnected, let connection = try? line.connect() else { return }
        do throws(DatabaseError) {
            try connection.control(connection.locks.unlocking(lock))
        } catch {
            // The server lets go of it with the connection.
            line.drop()
        }
    }
}

extension DatabaseError {
    /// Whether another transaction that has just committed may be the cause: it took the key, or deleted the row, after this
    /// one had looked. The server reports that as a broken rule, although no order of the two would break it
    /// (https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html). Run again, the transaction sees it.
    fileprivate var mayBeARace: Bool {
        switch self {
        case .constraint(.unique, _), .constraint(.foreignKey, _): true
        default: false
        }
    }
}
