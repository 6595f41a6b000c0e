import Database

/// The recovery key's public half, and the key bundle that was made last. Neither is a secret.
enum RecoverySchema {
    static let migration = Migration(
        name: "backup-0002-recovery", reach: .additive,
        sql: """
            CREATE TABLE recovery_key (
                singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
                public_key BLOB NOT NULL,
                set_by BLOB,
                set_at BIGINT NOT NULL
            );

            CREATE TABLE key_bundles (
                singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
                name TEXT NOT NULL,
                public_key BLOB NOT NULL,
                last_sequence BIGINT NOT NULL,
                key_count BIGINT NOT NULL,
                newest_key BIGINT NOT NULL,
                size BIGINT NOT NULL,
                sha256 BLOB NOT NULL,
                made_at BIGINT NOT NULL
            );
            """)
}
