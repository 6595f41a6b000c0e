/// A foreign key that was taken away so that rows may come in any order.
package struct TakenReference: Sendable, Equatable {
    package let table: String
    package let name: String
    /// As the engine wrote it: `FOREIGN KEY (space_id) REFERENCES spaces(id)`.
    package let definition: String

    package init(table: String, name: String, definition: String) {
        self.table = table
        self.name = name
        self.definition = definition
    }
}

/// References between tables while rows are on their way. SQLite's are switched off for a connection (see
/// ``SQLiteDatabase/filling(path:clock:)``) and checked; PostgreSQL's are dropped and made again, which checks them.
extension Transaction {
    /// Takes all foreign keys away; none where the engine can switch them off.
    package borrowing func takeReferences() throws -> [TakenReference] {
        guard executor.dialect == .postgresql else { return [] }
        let references = try all(
            """
            SELECT CAST(c.relname AS text), CAST(k.conname AS text), pg_get_constraintdef(k.oid)
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND k.contype = 'f' AND k.conparentid = 0
            ORDER BY c.relname, k.conname
            """
        ) { TakenReference(table: $0.text(0), name: $0.text(1), definition: $0.text(2)) }
        for reference in references {
            try run(
                """
                ALTER TABLE \(SQL(identifier: reference.table)) DROP CONSTRAINT \(SQL(identifier: reference.name))
                """)
        }
        return references
    }

    /// Makes a foreign key again; the engine looks at every row while it does.
    /// - Throws: `DatabaseError.constraint` when a row refers to one that is missing.
    package borrowing func putBack(_ reference: TakenReference) throws(DatabaseError) {
        let table = SQL(identifier: reference.table).text
        let name = SQL(identifier: reference.name).text
        // Millions of rows take longer than a statement is given otherwise.
        try script(
            text: """
                SET LOCAL statement_timeout = 0;
                ALTER TABLE \(table) ADD CONSTRAINT \(name) \(reference.definition);
                """)
    }

    /// Looks for rows that refer to missing ones, where the engine was not asked to when it took them.
    /// - Throws: `DatabaseError.constraint` naming the tables of the first.
    package borrowing func checkReferences() throws {
        guard executor.dialect == .sqlite else { return }
        try forEach("PRAGMA foreign_key_check") { row in
            throw DatabaseError.constraint(
                kind: .foreignKey, detail: "row of \(row.text(0)) points to a missing row of \(row.text(2))")
        }
    }
}
