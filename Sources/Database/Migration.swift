/// One step of a schema's history. Once released it never changes; the next step is a new migration.
public struct Migration: Sendable {
    /// Unique within the schema and recorded in the store: `2025-10-accounts`.
    public let name: StaticString
    /// Scripts, run in order in one transaction.
    let scripts: [StaticString]

    public init(name: StaticString, sql scripts: StaticString...) {
        self.name = name
        self.scripts = scripts
    }
}

/// Brings a store's schema up to date.
public enum Migrator {
    /// Applies, in order, every migration of `schema` that the store has not seen.
    ///
    /// Each runs in its own transaction, which also records its name and ends with a check of all
    /// foreign keys; a failure leaves the earlier ones in place and nothing of the failed one. Two
    /// processes may migrate at once: whoever comes second finds the work done.
    /// - Throws: `DatabaseError.schemaTooNew` if the store records a migration that is not in the list.
    public static func migrate(_ database: any Database, _ migrations: [Migration], schema: StaticString) async throws {
        let schemaName = schema.description
        let known = Set(migrations.map(\.name.description))
        let applied = try await database.write { transaction in
            try transaction.run(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    schema_name TEXT NOT NULL,
                    name TEXT NOT NULL,
                    applied_at BIGINT NOT NULL,
                    PRIMARY KEY (schema_name, name)
                )
                """)
            return Set(
                try transaction.all("SELECT name FROM schema_migrations WHERE schema_name = \(schemaName)") {
                    $0.text(0)
                })
        }
        guard applied.isSubset(of: known) else { throw DatabaseError.schemaTooNew }

        for migration in migrations where !applied.contains(migration.name.description) {
            try await database.restructure { transaction in
                let recorded = try transaction.run(
                    """
                    INSERT INTO schema_migrations (schema_name, name, applied_at)
                    VALUES (\(schemaName), \(migration.name.description), \(transaction.now))
                    ON CONFLICT DO NOTHING
                    """)
                guard recorded == 1 else { return }
                for script in migration.scripts { try transaction.script(script) }
            }
        }
    }
}
