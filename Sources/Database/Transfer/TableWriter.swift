/// Puts rows that a ``TableReader`` has read into the table of the same name.
package struct TableWriter: Sendable {
    package let table: TableCatalog.Table

    /// Rows in one statement: few round trips, and few enough texts to keep prepared.
    private static let rowsPerStatement = 50

    package init(_ table: TableCatalog.Table) {
        self.table = table
    }

    /// Inserts the rows; one whose key is there already is left as it is.
    package func insert(_ rows: [TransferRow], in transaction: borrowing Transaction) throws(DatabaseError) {
        var start = 0
        while start < rows.count {
            let end = min(start + Self.rowsPerStatement, rows.count)
            let tuples: [SQL] = rows[start..<end].map { "(\(SQL(values: $0.values)))" }
            try transaction.run(
                """
                INSERT INTO \(SQL(identifier: table.name)) (\(SQL(identifiers: table.columns.map(\.name))))
                VALUES \(SQL(tuples, separatedBy: ", ")) ON CONFLICT DO NOTHING
                """)
            start = end
        }
    }

    /// Removes all rows, those too that the schema protects from being deleted: for a table that is about to be filled
    /// from elsewhere. Its triggers are in force again when the transaction ends.
    package func empty(in transaction: borrowing Transaction) throws {
        let name = SQL(identifier: table.name)
        switch transaction.executor.dialect {
        case .sqlite:
            let triggers = try transaction.all(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = \(table.name)"
            ) { (name: $0.text(0), text: $0.text(1)) }
            for trigger in triggers { try transaction.run("DROP TRIGGER \(SQL(identifier: trigger.name))") }
            try transaction.run("DELETE FROM \(name)")
            for trigger in triggers { try transaction.script(text: trigger.text) }
            if table.identity != nil {
                try transaction.run("DELETE FROM sqlite_sequence WHERE name = \(table.name)")
            }
        case .postgresql:
            try transaction.run("ALTER TABLE \(name) DISABLE TRIGGER USER")
            try transaction.run("TRUNCATE \(name)")
            try transaction.run("ALTER TABLE \(name) ENABLE TRIGGER USER")
        }
    }

    /// Has the engine count on behind the highest key there is.
    package func settleIdentity(in transaction: borrowing Transaction) throws {
        // SQLite does so by itself.
        guard transaction.executor.dialect == .postgresql, let identity = table.identity else { return }
        let column = SQL(identifier: identity)
        let quoted = SQL(identifier: table.name).text
        _ = try transaction.first(
            """
            SELECT setval(
                pg_get_serial_sequence(\(quoted), \(identity)), coalesce(max(\(column)), 0) + 1, false)
            FROM \(SQL(identifier: table.name))
            """
        ) { $0.integer(0) }
    }
}
