import CSQLite

/// One connection: runs statements, keeps them prepared, turns codes into errors.
///
/// Sendable because it is used by one thread at a time: made by the opener, then handed to the one
/// thread that works with it.
final class SQLiteConnection: @unchecked Sendable {
    private var handle: SQLiteHandle
    private var cache = StatementCache()
    private let settings: SQLiteSettings
    private let role: SQLiteSettings.Role

    init(_ settings: SQLiteSettings, role: SQLiteSettings.Role) throws(DatabaseError) {
        self.settings = settings
        self.role = role
        handle = try SQLiteHandle(path: settings.path, access: settings.access, vfs: settings.vfs)
        try configure()
    }

    private func configure() throws(DatabaseError) {
        handle.setBusyTimeout(milliseconds: settings.busyTimeout)
        try settings.configure(self, for: role)
    }

    /// Statements run that change the schema, which SQLite does not count among the changed rows.
    private var schemaChanges: Int64 = 0

    /// Differs from an earlier mark when anything was changed since, even what was undone again.
    var changeMark: Int64 { handle.totalChanges &+ schemaChanges }

    /// Whether no transaction is open.
    var isAutocommit: Bool { handle.isAutocommit }

    /// Leaves whatever transaction is open. When SQLite cannot, the connection is opened anew.
    func recover() throws(DatabaseError) {
        cache.removeAll()
        if handle.isAutocommit { return }
        do {
            try run("ROLLBACK")
        } catch {
            try reopen()
        }
        if !handle.isAutocommit { try reopen() }
    }

    private func reopen() throws(DatabaseError) {
        cache.removeAll()
        handle = try SQLiteHandle(path: settings.path, access: settings.access, vfs: settings.vfs)
        try configure()
    }

    /// Back to what the settings say, after a restructuring.
    func restoreForeignKeys() throws(DatabaseError) { try settings.enforceForeignKeys(on: self) }

    /// Pages in the write-ahead log after the latest commit of this connection.
    var logFrames: Int { handle.logFrames }

    /// Writes the log into the database file.
    func checkpoint(_ mode: CheckpointMode) throws(DatabaseError) -> (log: Int, done: Int) {
        try handle.checkpoint(mode.code)
    }
}

extension SQLiteConnection: StatementExecutor {
    var dialect: SQLDialect { .sqlite }

    @discardableResult
    func run(_ sql: SQL) throws(DatabaseError) -> Int {
        let before = handle.totalChanges
        let statement = try start(sql)
        if statement.changesSchema { schemaChanges += 1 }
        statement.isInUse = true
        defer { statement.isInUse = false }
        var code = statement.step()
        while code == SQLITE_ROW { code = statement.step() }
        guard code == SQLITE_DONE else { throw fail(statement, code, sql) }
        statement.reset()
        return handle.totalChanges == before ? 0 : handle.changes
    }

    func rows(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws {
        let statement = try start(sql)
        statement.isInUse = true
        defer { statement.isInUse = false }
        let row = Row(columns: statement)
        var wanted = true
        while true {
            let code = statement.step()
            if code == SQLITE_DONE { break }
            guard code == SQLITE_ROW else { throw fail(statement, code, sql) }
            guard wanted else { continue }
            do {
                if try body(row) == .stop {
                    // A changing statement runs to its end, where its constraints are checked.
                    if statement.isReadOnly { break }
                    wanted = false
                }
            } catch {
                statement.reset()
                throw error
            }
        }
        statement.reset()
    }

    // Measured: RETURNING costs as much as the INSERT itself, this nothing.
    func insert(_ sql: SQL, identity: StaticString) throws(DatabaseError) -> Int64 {
        try run(sql)
        return handle.lastInsertedRow
    }

    func script(_ sql: String) throws(DatabaseError) {
        cache.removeAll()
        schemaChanges += 1
        let code = unsafe handle.withPointer { unsafe sqlite3_exec($0, sql, nil, nil, nil) }
        guard code == SQLITE_OK else { throw handle.failure(code, sql: sql) }
    }

    func savepoint() throws(DatabaseError) { try run("SAVEPOINT step") }
    func releaseSavepoint() throws(DatabaseError) { try run("RELEASE step") }

    func rollbackToSavepoint() throws(DatabaseError) {
        try run("ROLLBACK TO step")
        try run("RELEASE step")
    }

    private func start(_ sql: SQL) throws(DatabaseError) -> SQLiteStatement {
        let statement = try cache.statement(for: sql, on: handle)
        let code = statement.bind(sql.values)
        guard code == SQLITE_OK else { throw fail(statement, code, sql) }
        return statement
    }

    private func fail(_ statement: SQLiteStatement, _ code: Int32, _ sql: SQL) -> DatabaseError {
        let failure = handle.failure(code, sql: sql.text)
        statement.reset()
        cache.drop(sql)
        return failure
    }
}
