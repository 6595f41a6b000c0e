/// What can go wrong with a store, whatever the engine.
public enum DatabaseError: Error, Equatable, Sendable {
    /// The rule of the schema that a statement broke.
    public enum Constraint: String, Sendable, CaseIterable {
        case unique, foreignKey, check, notNull
        /// A trigger refused, for example a change to an append-only table.
        case trigger
    }

    /// A rule of the schema was broken. `detail` is the engine's message: names of tables and
    /// columns or a trigger's text, never a value.
    case constraint(kind: Constraint, detail: String)
    /// No space is left, or a size limit is reached. Nothing of the transaction was kept.
    case full
    /// The disk failed. Nothing of the transaction was acknowledged.
    case io
    /// Another process held the store for longer than we wait.
    case busy
    /// The file is damaged, or is not a database.
    case corrupt
    /// The file cannot be opened.
    case cannotOpen
    /// The server is away or refuses us. `reason` tells the operator why and what to do; it holds no password.
    /// Whether a change under way was made may be unknown.
    case unreachable(String)
    /// Others kept changing the same rows, however often the transaction was run again.
    case conflict
    /// The store was written by a newer version of this program.
    case schemaTooNew
    /// The store was closed.
    case closed
    /// Too many callers wait already.
    case overloaded
    /// Anything else: a mistake in a statement, out of memory. `message` holds the statement's text, never a value.
    case other(code: Int32, message: String)
}

extension DatabaseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .constraint(let kind, let detail): "database rule broken (\(kind.rawValue)): \(detail)"
        case .full: "no space left for the database"
        case .io: "the database's disk failed"
        case .busy: "the database is held by another process"
        case .corrupt: "the database file is damaged or is not a database"
        case .cannotOpen: "the database cannot be opened"
        case .unreachable(let reason): reason
        case .conflict: "others kept changing the same rows of the database"
        case .schemaTooNew: "the database was written by a newer version of this program"
        case .closed: "the database is closed"
        case .overloaded: "too many requests wait for the database"
        case .other(let code, let message): "database error \(code): \(message)"
        }
    }
}
