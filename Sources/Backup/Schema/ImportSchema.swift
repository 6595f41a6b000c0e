import Database

/// Imports of archives from outside: how far each is, and what became of its entries. Paths rest sealed under the key of the
/// account whose import it is, a page of lines at a time.
enum ImportSchema {
    static let migration = Migration(
        name: "backup-0004-imports", reach: .additive,
        sql: """
            CREATE TABLE imports (
                id BLOB NOT NULL PRIMARY KEY,
                account_id BLOB NOT NULL REFERENCES accounts (id),
                folder_id BLOB NOT NULL,
                cluster_node_id BLOB NOT NULL,
                state TEXT NOT NULL,
                failure TEXT,
                entries BIGINT NOT NULL,
                done BIGINT NOT NULL,
                bytes BIGINT NOT NULL,
                bytes_done BIGINT NOT NULL,
                created BIGINT NOT NULL,
                versioned BIGINT NOT NULL,
                renamed BIGINT NOT NULL,
                folders BIGINT NOT NULL,
                refused BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                finished_at BIGINT
            );
            CREATE INDEX imports_by_account ON imports (account_id, id);
            CREATE TABLE import_lines (
                import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
                first_line BIGINT NOT NULL,
                line_count BIGINT NOT NULL,
                sealed_lines BLOB NOT NULL,
                PRIMARY KEY (import_id, first_line)
            );
            """)
}
