/// A store of rows: one consistent writer, many consistent readers.
///
/// A transaction is a synchronous closure, so nothing can be awaited while it is open. A closure
/// may run more than once (after a conflict, or when its group could not be committed as one): it
/// must touch nothing but the transaction it is given.
///
/// Cancelling the calling task does not take back a closure that was already queued: it runs, and
/// the caller gets its result.
public protocol Database: Sendable {
    /// The engine, where a caller must know it.
    var dialect: SQLDialect { get }

    /// Runs `body` in a transaction and returns once its changes are durable.
    ///
    /// When `body` throws, everything it changed is undone and the error reaches the caller.
    /// - Throws: what `body` throws; `DatabaseError` when the changes could not be made durable,
    ///   `.overloaded` when too many callers wait, `.closed` after `close()`.
    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T

    /// Runs `body` on one consistent snapshot that holds at least every write acknowledged before the call.
    /// - Throws: what `body` throws; `DatabaseError`, `.overloaded` and `.closed` as in `write`.
    func read<T: Sendable>(_ body: @escaping @Sendable (borrowing Snapshot) throws -> T) async throws -> T

    /// A `write` that is alone in its transaction and in which foreign keys are checked as a whole
    /// before the commit instead of row by row, so that tables may be rebuilt. For migrations.
    @discardableResult
    func restructure<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T

    /// The number of commits this process has made; it has grown by the time a writer's caller resumes.
    ///
    /// A cache that notes the count before it reads may trust what it read for as long as the count stays.
    var commitCount: UInt64 { get }

    /// Takes what was deleted out of every file of the store, logs included, as far as readers under way allow it.
    /// For shredding: after this a destroyed key is in no page and no log.
    /// - Returns: whether nothing is left; `false` means that a reading was in the way and the next call will do it.
    @discardableResult
    func scrub() async -> Bool

    /// Lets the queued work end, then lets go of the store. Callers that come later get `.closed`.
    func close() async
}
