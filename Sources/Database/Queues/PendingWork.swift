/// A transaction that a caller waits for.
///
/// Sendable because it is handed over, never shared: made by the caller, then touched by one writing
/// thread alone until that resumes the caller.
class PendingWrite: CommitEffects, @unchecked Sendable {
    /// Runs the body; a second attempt forgets the first.
    /// - Returns: whether its changes should be kept.
    func attempt(on executor: any StatementExecutor, now: Timestamp) -> Bool { false }

    /// Makes the last attempt a failure: the store could not keep what the body thought it had done.
    func overrule(with error: DatabaseError) {}

    /// Gives the caller what the last attempt came to, after what was asked for `afterCommit` when it succeeded.
    func finish() {}

    /// Gives the caller `error`, whatever the last attempt came to.
    func fail(_ error: DatabaseError) {}
}

/// Sendable for the reason its superclass gives: handed over, never shared.
final class PendingTransaction<Value: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (borrowing Transaction) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private var outcome: Result<Value, any Error> = .failure(DatabaseError.closed)

    init(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    override func attempt(on executor: any StatementExecutor, now: Timestamp) -> Bool {
        actions.removeAll()
        do {
            outcome = .success(try body(Transaction(executor: executor, now: now, effects: self)))
            return true
        } catch {
            outcome = .failure(error)
            actions.removeAll()
            return false
        }
    }

    override func overrule(with error: DatabaseError) {
        outcome = .failure(error)
        actions.removeAll()
    }

    override func finish() {
        for action in actions { action() }
        continuation.resume(with: outcome)
    }

    override func fail(_ error: DatabaseError) {
        continuation.resume(throwing: error)
    }
}

/// A reading that a caller waits for; handed over like `PendingWrite`.
class PendingRead: @unchecked Sendable {
    /// Runs the body on the open snapshot; a second attempt forgets the first.
    func attempt(on executor: any StatementExecutor, now: Timestamp) {}

    /// Gives the caller what the last attempt came to.
    func finish() {}

    /// Gives the caller `error`, whatever the last attempt came to.
    func fail(_ error: DatabaseError) {}
}

/// Sendable for the reason its superclass gives: handed over, never shared.
final class PendingSnapshot<Value: Sendable>: PendingRead, @unchecked Sendable {
    private let body: @Sendable (borrowing Snapshot) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private var outcome: Result<Value, any Error> = .failure(DatabaseError.closed)

    init(
        _ body: @escaping @Sendable (borrowing Snapshot) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    override func attempt(on executor: any StatementExecutor, now: Timestamp) {
        outcome = Result { try body(Snapshot(executor: executor, now: now)) }
    }

    override func finish() {
        continuation.resume(with: outcome)
    }

    override func fail(_ error: DatabaseError) {
        continuation.resume(throwing: error)
    }
}
