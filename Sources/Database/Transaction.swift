/// An open transaction: reads see its own changes, and all of them become durable together.
///
/// When a statement fails the whole transaction should be given up by letting the error out; an
/// expected failure belongs inside `attempt`, or in the statement itself as `ON CONFLICT`. (SQLite
/// would forgive; PostgreSQL refuses every further statement.)
public struct Transaction: ~Copyable, SQLReading {
    /// The moment of this change. Every row of one transaction carries the same time.
    public let now: Timestamp

    package let executor: any StatementExecutor
    private let effects: CommitEffects

    package init(executor: any StatementExecutor, now: Timestamp, effects: CommitEffects) {
        self.executor = executor
        self.now = now
        self.effects = effects
    }

    /// Runs one statement to its end.
    /// - Returns: the number of rows it inserted, changed or deleted itself, those of triggers not counted.
    @discardableResult
    public borrowing func run(_ sql: SQL) throws(DatabaseError) -> Int {
        try executor.run(sql)
    }

    /// Runs several statements, separated by semicolons, that take no values. For migrations.
    public borrowing func script(_ step: MigrationStep) throws(DatabaseError) {
        try executor.script(step.text(for: executor.dialect))
    }

    /// The same for the engine's own text made at run time, never of what came from outside.
    package borrowing func script(text: String) throws(DatabaseError) {
        try executor.script(text)
    }

    /// Runs an `INSERT` of one row, written without `RETURNING`, into a table whose key the engine counts.
    /// - Parameter identity: the key's column.
    /// - Returns: the key it was given.
    public borrowing func insert(_ sql: SQL, identity: StaticString) throws(DatabaseError) -> Int64 {
        try executor.insert(sql, identity: identity)
    }

    public borrowing func forEach(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws {
        try executor.rows(sql, body)
    }

    /// Runs `body`; when it throws, only what it changed is undone and the transaction stays usable.
    public borrowing func attempt<T>(_ body: (borrowing Transaction) throws -> T) throws -> T {
        try executor.savepoint()
        let noted = effects.actions.count
        let value: T
        do {
            value = try body(self)
            // Fails where the body kept a statement's failure to itself, which PostgreSQL does not forgive.
            try executor.releaseSavepoint()
        } catch {
            effects.actions.removeLast(effects.actions.count - noted)
            try executor.rollbackToSavepoint()
            throw error
        }
        return value
    }

    /// Has `action` run after the commit and before the caller resumes; dropped on rollback.
    ///
    /// It runs on the writer's thread, so it must be short: the removal of a cache entry.
    public borrowing func afterCommit(_ action: @escaping @Sendable () -> Void) {
        effects.actions.append(action)
    }
}

/// What a transaction asked to have done once it is durable.
package class CommitEffects {
    package var actions: [@Sendable () -> Void] = []
    package init() {}
}
