/// What a transaction and a snapshot have in common, so that a query is written once for both:
///
///     func head(of file: UInt128, in store: borrowing some SQLReading & ~Copyable) throws -> Int64? {
///         try store.first("SELECT head FROM nodes WHERE id = \(file)") { $0.integer(0) }
///     }
public protocol SQLReading: ~Copyable {
    /// The moment of this transaction or snapshot.
    var now: Timestamp { get }

    /// Gives each row of the result to `body`, in order, until it answers `.stop`.
    ///
    /// Memory stays constant however many rows there are.
    /// - Throws: what `body` throws; `DatabaseError` when the statement fails.
    borrowing func forEach(_ sql: SQL, _ body: (borrowing Row) throws -> RowStep) throws
}

/// Whether to go on after a row.
public enum RowStep: Sendable { case more, stop }

extension SQLReading where Self: ~Copyable {
    /// The first row of the result, mapped; nil when there is none.
    ///
    /// A changing statement with `RETURNING` runs to its end all the same.
    public borrowing func first<T>(_ sql: SQL, _ map: (borrowing Row) throws -> T) throws -> T? {
        var found: T?
        try forEach(sql) { row in
            found = try map(row)
            return .stop
        }
        return found
    }

    /// All rows of the result, mapped, in order. The statement should bound their number.
    public borrowing func all<T>(_ sql: SQL, _ map: (borrowing Row) throws -> T) throws -> [T] {
        var found: [T] = []
        try forEach(sql) { row in
            found.append(try map(row))
            return .more
        }
        return found
    }

    /// Whether the result has a row.
    public borrowing func exists(_ sql: SQL) throws -> Bool {
        var found = false
        try forEach(sql) { _ in
            found = true
            return .stop
        }
        return found
    }
}
