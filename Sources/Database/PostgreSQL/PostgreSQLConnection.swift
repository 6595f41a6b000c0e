/// One connection: runs statements inside one transaction at a time, keeps them prepared, turns codes into errors.
///
/// BEGIN, savepoints and the like have no answer worth waiting for: they travel with the next statement.
///
/// Sendable because it is used by one thread at a time: made by the opener, then handed to the one thread that works
/// with it.
final class PostgreSQLConnection: @unchecked Sendable {
    let handle: PostgreSQLHandle
    private(set) var locks = NodeLocks(schema: "")
    private var statements = PreparedStatements()
    var parameters = PostgreSQLParameters()
    /// Commands without values that go with the next statement.
    var pending: [String] = []
    /// The statement whose rows are being looked at and are not all here yet, by its text.
    var active: (stream: ResultStream, sql: SQL)?
    /// Statements whose results proved large: their rows are fetched through a cursor.
    var large: Set<StatementKey> = []
    var cursors: UInt64 = 0
    /// The error that made the server refuse further statements of the transaction.
    private var firstError: DatabaseError?

    /// What became of the transaction beyond what its statements threw.
    var fate = Fate.open

    /// Differs from an earlier mark when anything was changed since, even what was undone again.
    private(set) var changeMark: Int64 = 0

    enum Fate: Equatable {
        case open
        /// To be undone and run again.
        case again(Repetition)
        /// The connection is gone, and with it the transaction.
        case lost(DatabaseError)
    }

    enum Repetition: Equatable {
        /// Another transaction was in the way.
        case conflict
        /// Nothing of the data was in the way: a statement is now prepared or fetched otherwise.
        case adjusted
    }

    /// Rows, and bytes, that are read before the first row is looked at.
    private static let aheadRows = 256
    private static let aheadBytes = 256 * 1024
    /// What a result may take in memory when another statement runs before its end.
    static let spillBytes = 32 << 20
    /// Rows fetched at a time of a large result.
    static let fetchedRows = 256

    init(_ settings: PostgreSQLSettings) throws(ConnectRefusal) {
        handle = try PostgreSQLHandle(settings)
        do throws(DatabaseError) {
            let schema = try ServerSession(settings).prepare(self)
            locks = NodeLocks(schema: schema)
        } catch {
            throw ConnectRefusal(error: error, serverIsFull: false)
        }
    }

    /// Whether it can be used for another transaction.
    var isUsable: Bool {
        if case .lost = fate { return false }
        return !handle.isBroken
    }

    /// What is thrown when the connection is gone.
    var lost: DatabaseError { handle.lost }

    /// Runs `body` with no limit to how long the server may take.
    func withoutHaste<Value>(_ body: () throws -> Value) rethrows -> Value {
        handle.isPatient = true
        defer { handle.isPatient = false }
        return try body()
    }
}

/// The life of a transaction.
extension PostgreSQLConnection {
    enum Kind: String {
        case serializable = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE"
        case snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    /// Opens a transaction; the server hears of it with the first statement.
    /// - Parameter settings: commands without values that belong to it.
    func begin(_ kind: Kind, _ settings: [String] = []) {
        // BEGIN comes first: the server takes whatever stands before it in a pipeline for a transaction of its own.
        pending = [kind.rawValue]
        pending += settings
        pending += statements.takeAbandoned().map { "DEALLOCATE \($0)" }
        fate = .open
        firstError = nil
        active = nil
    }

    /// Whether a statement failed and the transaction was not taken back to before it.
    var failure: DatabaseError? {
        handle.transactionState == .failed ? firstError ?? .other(code: 0, message: "a statement failed") : nil
    }

    enum Ending {
        case kept
        /// Undone: another transaction was in the way.
        case conflict
        /// Undone: a rule that is checked at the end was broken, or the server had no room.
        case refused(DatabaseError)
        /// The connection broke before the server answered.
        case unknown
    }

    /// Makes the transaction's changes durable, then runs `last` (without values) in the same round trip.
    func commit(then last: String? = nil) -> Ending {
        if handle.transactionState == .none {
            // The server never heard of it, so there is nothing to keep.
            pending = []
            if let last { try? control(last) }
            return .kept
        }
        let leading = pending
        pending = []
        guard leading.allSatisfy(handle.send), handle.send("COMMIT"), last.map(handle.send) ?? true,
            handle.endPipeline()
        else { return .unknown }
        // What comes last is skipped by the server when COMMIT fails; its own answer says nothing.
        let answer = ResultStream(handle, leading: leading.count)
        answer.discard()
        switch answer.failure {
        case nil:
            // A transaction that had failed is undone by COMMIT, which says so in its tag only.
            if answer.summary?.commandTag == "COMMIT" { return .kept }
            return .refused(firstError ?? .other(code: 0, message: "the transaction was rolled back"))
        case .connectionLost: return .unknown
        case .server(let failure):
            switch failure.cure(sql: "COMMIT") {
            case .none(let error): return .refused(error)
            case .repetition, .freshPlans, .freshStatements: return .conflict
            case .connection: return .unknown
            }
        }
    }

    /// Undoes the transaction. A connection that does not manage it counts as lost.
    func rollback() {
        pending = []
        active?.stream.discard()
        active = nil
        guard handle.transactionState != .none else { return }
        try? control("ROLLBACK")
    }

    /// Runs a command without values at once, in or outside a transaction.
    func control(_ text: String) throws(DatabaseError) {
        try spillActive()
        let leading = pending
        pending = []
        guard leading.allSatisfy(handle.send), handle.send(text), handle.endPipeline() else { throw loseConnection() }
        let stream = ResultStream(handle, leading: leading.count)
        stream.discard()
        try check(stream, sql: text)
    }
}

extension PostgreSQLConnection: StatementExecutor {
    var dialect: SQLDialect { .postgresql }

    @discardableResult
    func run(_ sql: SQL) throws(DatabaseError) -> Int {
        let stream = try start(sql)
        stream.discard()
        try check(stream, sql: sql.text)
        return noteChanges(stream)
    }

    func rows(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws {
        if large.contains(StatementKey(pieces: sql.pieces)) { return try rowsThroughCursor(sql, body) }
        let stream = try start(sql)
        if !stream.readAhead(rows: Self.aheadRows, bytes: Self.aheadBytes) { active = (stream, sql) }
        try check(stream, sql: sql.text)
        var position: PostgreSQLRow?
        while let result = stream.next() {
            let row = position ?? PostgreSQLRow(result)
            position = row
            row.stand(on: 0, of: result)
            do {
                guard try body(Row(columns: row)) == .stop else { continue }
            } catch {
                leave(stream, sql)
                throw error
            }
            leave(stream, sql)
            break
        }
        if active?.stream === stream { active = nil }
        try check(stream, sql: sql.text)
        _ = noteChanges(stream)
    }

    func insert(_ sql: SQL, identity: StaticString) throws(DatabaseError) -> Int64 {
        var returning = sql
        returning.pieces += [.text(" RETURNING "), .text(identity)]
        let stream = try start(returning)
        let result = stream.next()
        stream.discard()
        try check(stream, sql: returning.text)
        _ = noteChanges(stream)
        guard let result else { throw .other(code: 0, message: "no row was inserted by: \(returning.text)") }
        return PostgreSQLRow(result).integer(0)
    }

    func script(_ sql: String) throws(DatabaseError) {
        try mayGoOn()
        try spillActive()
        if !pending.isEmpty { try control("SELECT 1") }
        changeMark += 1
        guard let result = handle.runScript(sql) else { throw loseConnection() }
        if result.status == .failed { throw fail(.server(ServerFailure(result)), sql: sql) }
    }

    func savepoint() throws(DatabaseError) {
        try mayGoOn()
        pending.append(Self.savepointCommand)
    }

    func releaseSavepoint() throws(DatabaseError) {
        try mayGoOn()
        if pending.last == Self.savepointCommand { pending.removeLast() } else { pending.append("RELEASE step") }
    }

    func rollbackToSavepoint() throws(DatabaseError) {
        guard case .open = fate else { return }
        if let index = pending.lastIndex(of: Self.savepointCommand), handle.transactionState != .failed {
            // The server has not heard of it, nor of anything after it.
            pending.removeSubrange(index...)
            return
        }
        pending.append("ROLLBACK TO step")
        try control("RELEASE step")
        firstError = nil
    }

    private static let savepointCommand = "SAVEPOINT step"
}

/// Statements on their way.
extension PostgreSQLConnection {
    /// Throws when the transaction is past saving: the server would refuse the statement anyway.
    func mayGoOn() throws(DatabaseError) {
        switch fate {
        case .open: if let failure { throw failure }
        case .again: throw .conflict
        case .lost(let error): throw error
        }
    }

    /// Sends the statement with what is pending, and reads up to its first row.
    private func start(_ sql: SQL) throws(DatabaseError) -> ResultStream {
        try mayGoOn()
        try spillActive()
        try parameters.fill(with: sql.values)
        defer { parameters.clear() }
        let key = PreparedStatements.Key(text: StatementKey(pieces: sql.pieces), types: parameters.types)
        let known = statements.name(of: key)
        let name = known ?? statements.newName()
        let leading = pending
        pending = []
        guard leading.allSatisfy(handle.send),
            known != nil || handle.sendPreparing(name, sql.text, types: parameters.types),
            handle.sendPrepared(name, parameters), handle.endPipeline()
        else { throw loseConnection() }
        let stream = ResultStream(handle, leading: leading.count + (known == nil ? 1 : 0))
        if known == nil {
            // Kept as soon as the server has accepted it, also when the statement then fails.
            stream.readAhead(rows: 1, bytes: 1)
            if stream.failure == nil { statements.keep(name, for: key) }
        }
        return stream
    }

    func check(_ stream: ResultStream, sql: @autoclosure () -> String) throws(DatabaseError) {
        if let failure = stream.failure, stream.isComplete { throw fail(failure, sql: sql()) }
    }

    /// Notes what a failure means for the transaction.
    private func fail(_ failure: ResultStream.Failure, sql: @autoclosure () -> String) -> DatabaseError {
        guard case .server(let reported) = failure, !handle.isBroken else { return loseConnection() }
        switch reported.cure(sql: sql()) {
        case .none(let error):
            if firstError == nil { firstError = error }
            return error
        case .repetition:
            fate = .again(.conflict)
            return .conflict
        case .freshPlans:
            statements.abandonAll()
            fate = .again(.adjusted)
            return .conflict
        case .freshStatements:
            statements.forgetAll()
            fate = .again(.adjusted)
            return .conflict
        case .connection:
            return loseConnection()
        }
    }

    func loseConnection() -> DatabaseError {
        active = nil
        pending = []
        let error = handle.lost
        fate = .lost(error)
        return error
    }

    private func noteChanges(_ stream: ResultStream) -> Int {
        guard let summary = stream.summary else { return 0 }
        let tag = summary.commandTag
        let changed = summary.changedRows
        let isCounted = ["INSERT", "UPDATE", "DELETE", "MERGE", "SELECT"].contains { tag.hasPrefix($0) }
        if changed > 0 || !isCounted { changeMark += 1 }
        return changed
    }
}
