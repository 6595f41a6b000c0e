import Database

/// What people who read the journal keep for themselves.
enum JournalDeskSchema {
    static let migration = Migration(
        name: "vault-0008-journal-desk", reach: .additive,
        sql: """
            CREATE TABLE journal_filters (
                id BLOB NOT NULL PRIMARY KEY,
                account_id BLOB NOT NULL REFERENCES accounts (id),
                sealed_filter BLOB NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            CREATE INDEX journal_filters_by_account ON journal_filters (account_id, id);
            """)
}
