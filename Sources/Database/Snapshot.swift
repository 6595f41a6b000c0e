/// One unchanging view of the store: all statements of a snapshot see the same commits.
public struct Snapshot: ~Copyable, SQLReading {
    /// The moment the reading began.
    public let now: Timestamp

    private let executor: any StatementExecutor

    package init(executor: any StatementExecutor, now: Timestamp) {
        self.executor = executor
        self.now = now
    }

    public borrowing func forEach(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws {
        try executor.rows(sql, body)
    }
}
