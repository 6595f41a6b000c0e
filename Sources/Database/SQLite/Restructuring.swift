extension GroupCommit {
    /// Runs `body` as the only transaction, with foreign keys checked as a whole before the commit.
    ///
    /// SQLite cannot rebuild a table that others refer to while it checks each row
    /// (https://sqlite.org/lang_altertable.html, section 7).
    func restructure<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        let clock = clock
        return try await alone { connection in
            try connection.run("PRAGMA foreign_keys = OFF")
            defer { _ = try? connection.restoreForeignKeys() }
            try connection.run("BEGIN IMMEDIATE")
            do {
                let effects = CommitEffects()
                let value = try body(Transaction(executor: connection, now: clock.now(), effects: effects))
                try connection.rows("PRAGMA foreign_key_check") { row in
                    let detail = "row of \(row.text(0)) points to a missing row of \(row.text(2))"
                    throw DatabaseError.constraint(kind: .foreignKey, detail: detail)
                }
                try connection.run("COMMIT")
                for action in effects.actions { action() }
                return value
            } catch {
                try connection.recover()
                throw error
            }
        }
    }
}
