/// What an engine offers to the transactions and snapshots that run on one of its connections.
package protocol StatementExecutor: AnyObject {
    func run(_ sql: SQL) throws(DatabaseError) -> Int
    func rows(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws
    func script(_ sql: StaticString) throws(DatabaseError)

    func savepoint() throws(DatabaseError)
    func releaseSavepoint() throws(DatabaseError)
    func rollbackToSavepoint() throws(DatabaseError)
}

/// The columns of the row an engine's statement stands on.
package protocol RowColumns: AnyObject {
    func isNull(_ column: Int) -> Bool
    func integer(_ column: Int) -> Int64
    func text(_ column: Int) -> String
    func bytes(_ column: Int) -> [UInt8]
    func uuid(_ column: Int) -> UInt128
}
