/// The prepared statements of one connection, by the text they were made from.
///
/// The texts are `StaticString`s, so a statement is recognised by where its parts lie in the
/// program, without building or hashing the text.
struct StatementCache {
    private var statements: [StatementKey: SQLiteStatement] = [:]

    /// The texts of a program are finite; this bound only guards against `SQL` composed in a loop.
    private static let capacity = 512

    /// The statement for `sql`, compiled if need be; one that nobody else is using.
    mutating func statement(for sql: SQL, on handle: SQLiteHandle) throws(DatabaseError) -> SQLiteStatement {
        let key = StatementKey(pieces: sql.pieces)
        let cached = statements[key]
        if let cached, !cached.isInUse { return cached }
        let fresh = try SQLiteStatement(sql.text, on: handle)
        if cached == nil {
            if statements.count >= Self.capacity { statements.removeAll() }
            statements[key] = fresh
        }
        return fresh
    }

    /// Forgets the statement for `sql`: after a failure nothing of it is kept.
    mutating func drop(_ sql: SQL) {
        statements[StatementKey(pieces: sql.pieces)] = nil
    }

    mutating func removeAll() {
        statements.removeAll()
    }
}
