/// What an engine offers to the transactions and snapshots that run on one of its connections.
package protocol StatementExecutor: AnyObject {
    var dialect: SQLDialect { get }
    func run(_ sql: SQL) throws(DatabaseError) -> Int
    func rows(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws
    /// Runs an INSERT of one row and returns what the engine put into its column `identity`.
    func insert(_ sql: SQL, identity: StaticString) throws(DatabaseError) -> Int64
    /// Runs several statements without values.
    func script(_ sql: String) throws(DatabaseError)

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
