/// Brings a store's schema up to date.
public enum Migrator {
    /// Applies, in order, every migration of `schema` that the store has not seen.
    ///
    /// Each runs in its own transaction, which also records its name and ends with a check of all
    /// foreign keys; a failure leaves the earlier ones in place and nothing of the failed one. Two
    /// processes may migrate at once: whoever comes second finds the work done.
    /// - Throws: `DatabaseError.schemaTooNew` if the store records a migration that is not in the list and that is
    ///   ``Migration/Reach/breaking``.
    public static func migrate(_ database: any Database, _ migrations: [Migration], schema: StaticString) async throws {
        let schemaName = schema.description
        let known = Set(migrations.map(\.name.description))
        let applied = try await recorded(schemaName, in: database)
        guard applied.allSatisfy({ $0.isAdditive || known.contains($0.name) }) else {
            throw DatabaseError.schemaTooNew
        }
        let names = Set(applied.map(\.name))
        for migration in migrations where !names.contains(migration.name.description) {
            try await database.restructure { transaction in
                let recorded = try transaction.run(
                    """
                    INSERT INTO schema_migrations (schema_name, name, applied_at, additive)
                    VALUES (
                        \(schemaName), \(migration.name.description), \(transaction.now),
                        \(migration.reach == .additive))
                    ON CONFLICT DO NOTHING
                    """)
                guard recorded == 1 else { return }
                for step in migration.steps { try transaction.script(step) }
            }
        }
    }

    private struct Applied: Sendable {
        let name: String
        let isAdditive: Bool
    }

    /// What the store has seen; makes the table that remembers it when it is missing or older than this program.
    private static func recorded(_ schema: String, in database: any Database) async throws -> [Applied] {
        let query: SQL = "SELECT name, additive FROM schema_migrations WHERE schema_name = \(schema)"
        // Most starts find the table, and a node that may not change the schema can start too.
        if let applied = try? await database.read({ try $0.all(query, Self.applied) }) { return applied }
        return try await database.restructure { transaction in
            try transaction.run(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    schema_name TEXT NOT NULL,
                    name TEXT NOT NULL,
                    applied_at BIGINT NOT NULL,
                    additive BIGINT NOT NULL DEFAULT 0,
                    PRIMARY KEY (schema_name, name)
                )
                """)
            do {
                return try transaction.attempt { try $0.all(query, Self.applied) }
            } catch DatabaseError.other {
                try transaction.run("ALTER TABLE schema_migrations ADD COLUMN additive BIGINT NOT NULL DEFAULT 0")
                return try transaction.all(query, Self.applied)
            }
        }
    }

    private static func applied(_ row: borrowing Row) -> Applied {
        Applied(name: row.text(0), isAdditive: row.bool(1))
    }
}
