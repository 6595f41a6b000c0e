public import Database

/// The tables of the vault. Frozen history: a migration, once released, never changes.
///
/// Every upload writes to most of these tables, so an index is kept only where a question needs it, and rows that are
/// found by their key live in the key's own tree.
///
/// Ids are 16-byte UUIDs, times UTC milliseconds, sizes bytes. Whatever a person wrote is in a `sealed_…` column.
public enum VaultSchema {
    public static let migrations: [Migration] =
        [
            Migration(
                name: "vault-0001-accounts",
                sql: """
                    CREATE TABLE file_keys (
                        owner_id BLOB PRIMARY KEY,
                        owner_kind INTEGER NOT NULL,
                        space_id BLOB NOT NULL,
                        generation INTEGER NOT NULL,
                        wrapped BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        wrapped_at INTEGER NOT NULL
                    ) WITHOUT ROWID;

                    CREATE TABLE accounts (
                        id BLOB PRIMARY KEY,
                        email_tag BLOB UNIQUE,
                        sealed_profile BLOB,
                        sealed_password BLOB,
                        role TEXT NOT NULL CHECK (role IN ('admin', 'contributeur', 'lecteur', 'auditeur')),
                        status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'erased')),
                        company_id BLOB,
                        two_factor_enabled INTEGER NOT NULL DEFAULT 0,
                        space_id BLOB NOT NULL,
                        storage_limit INTEGER,
                        created_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL,
                        last_seen_at INTEGER
                    );
                    CREATE INDEX accounts_by_role ON accounts (role);

                    CREATE TABLE sessions (
                        id BLOB PRIMARY KEY,
                        account_id BLOB NOT NULL REFERENCES accounts (id),
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL,
                        revoked_at INTEGER
                    );
                    CREATE INDEX sessions_by_account ON sessions (account_id, expires_at);
                    CREATE INDEX sessions_by_expiry ON sessions (expires_at);

                    CREATE TABLE spaces (
                        id BLOB PRIMARY KEY,
                        kind TEXT NOT NULL CHECK (kind IN ('user', 'company', 'project', 'bucket')),
                        owner_id BLOB NOT NULL,
                        created_at INTEGER NOT NULL
                    );
                    CREATE INDEX spaces_by_owner ON spaces (owner_id);

                    CREATE TABLE space_usage (
                        space_id BLOB NOT NULL REFERENCES spaces (id),
                        category INTEGER NOT NULL,
                        trashed INTEGER NOT NULL,
                        files INTEGER NOT NULL,
                        bytes INTEGER NOT NULL,
                        PRIMARY KEY (space_id, category, trashed)
                    );
                    """),
            Migration(
                name: "vault-0002-tree",
                sql: """
                    CREATE TABLE nodes (
                        id BLOB PRIMARY KEY,
                        space_id BLOB NOT NULL REFERENCES spaces (id),
                        parent_id BLOB REFERENCES nodes (id),
                        kind INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        name_tag BLOB,
                        sealed_meta BLOB,
                        revision INTEGER NOT NULL,
                        head_number INTEGER NOT NULL,
                        head_id BLOB,
                        size INTEGER NOT NULL,
                        category INTEGER NOT NULL,
                        created_by BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL,
                        trashed_at INTEGER,
                        trash_root BLOB
                    ) WITHOUT ROWID;
                    CREATE UNIQUE INDEX nodes_one_name_per_place ON nodes (parent_id, name_tag) WHERE state = 0;
                    CREATE INDEX nodes_by_trash_root ON nodes (trash_root) WHERE trash_root IS NOT NULL;
                    CREATE INDEX nodes_in_trash ON nodes (space_id, trashed_at) WHERE state = 1;

                    CREATE TABLE node_history (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        node_id BLOB NOT NULL,
                        space_id BLOB NOT NULL,
                        parent_id BLOB,
                        kind INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        sealed_meta BLOB,
                        head_number INTEGER NOT NULL,
                        size INTEGER NOT NULL,
                        changed_by BLOB NOT NULL,
                        valid_from INTEGER NOT NULL
                    );
                    CREATE INDEX node_history_by_node ON node_history (node_id, sequence);
                    CREATE INDEX node_history_by_parent ON node_history (parent_id, sequence);
                    """,
                .refuse(
                    .update, on: "node_history", trigger: "node_history_is_never_updated",
                    saying: "node_history is append-only"),
                .refuse(
                    .delete, on: "node_history", trigger: "node_history_is_never_deleted",
                    saying: "node_history is append-only"),
                """
                CREATE TABLE blobs (
                    id BLOB PRIMARY KEY,
                    node_id BLOB NOT NULL,
                    suite INTEGER NOT NULL,
                    wrapped_key BLOB NOT NULL,
                    plain_size INTEGER NOT NULL,
                    sealed_size INTEGER NOT NULL,
                    inline_content BLOB,
                    created_at INTEGER NOT NULL
                );

                CREATE TABLE versions (
                    id BLOB NOT NULL,
                    node_id BLOB NOT NULL REFERENCES nodes (id),
                    number INTEGER NOT NULL,
                    blob_id BLOB NOT NULL,
                    size INTEGER NOT NULL,
                    cause TEXT NOT NULL CHECK (cause IN ('upload', 'edit', 'restore', 'copy', 'import')),
                    restored_from INTEGER,
                    sealed_meta BLOB NOT NULL,
                    created_by BLOB NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (node_id, number)
                ) WITHOUT ROWID;
                """,
                .refuse(
                    .update, on: "versions", trigger: "versions_are_never_updated", saying: "versions are immutable"),
                .refuse(
                    .delete, on: "versions", trigger: "versions_are_never_deleted", saying: "versions are immutable"),
                """
                CREATE TABLE grants (
                    node_id BLOB NOT NULL REFERENCES nodes (id),
                    grantee_id BLOB NOT NULL REFERENCES accounts (id),
                    permission INTEGER NOT NULL,
                    granted_by BLOB NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (node_id, grantee_id)
                );
                CREATE INDEX grants_by_grantee ON grants (grantee_id, created_at);

                CREATE TABLE locks (
                    node_id BLOB PRIMARY KEY REFERENCES nodes (id),
                    holder_id BLOB NOT NULL REFERENCES accounts (id),
                    sealed_reason BLOB,
                    created_at INTEGER NOT NULL,
                    expires_at INTEGER
                );

                CREATE TABLE stars (
                    account_id BLOB NOT NULL REFERENCES accounts (id),
                    node_id BLOB NOT NULL REFERENCES nodes (id),
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (account_id, node_id)
                );

                CREATE TABLE idempotency_keys (
                    account_id BLOB NOT NULL,
                    key_tag BLOB NOT NULL,
                    fingerprint BLOB NOT NULL,
                    node_id BLOB NOT NULL,
                    version_number INTEGER NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (account_id, key_tag)
                );
                CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
                """),
            Migration(
                name: "vault-0003-security-document-views",
                sql: """
                    CREATE VIEW cles_chiffrement AS
                        SELECT owner_id AS id, owner_id AS fichier_id, wrapped AS cle_chiffree, generation AS generation_cle_maitre,
                               created_at AS date_creation
                        FROM file_keys WHERE owner_kind = 0;
                    CREATE VIEW versions_fichiers AS
                        SELECT id, node_id AS fichier_id, number AS version_number, size AS taille, created_by, created_at,
                               cause, sealed_meta AS metadonnees_scellees
                        FROM versions;
                    """),
            Migration(
                name: "vault-0004-nodes", reach: .additive,
                sql: """
                    CREATE TABLE leases (
                        name TEXT NOT NULL PRIMARY KEY,
                        holder BLOB,
                        acquired_at BIGINT NOT NULL,
                        renewed_at BIGINT NOT NULL,
                        expires_at BIGINT NOT NULL,
                        term BIGINT NOT NULL
                    );

                    CREATE TABLE cluster_nodes (
                        id BLOB NOT NULL PRIMARY KEY,
                        label TEXT NOT NULL,
                        version TEXT NOT NULL,
                        started_at BIGINT NOT NULL,
                        seen_at BIGINT NOT NULL
                    );

                    CREATE TABLE rate_windows (
                        key_tag BLOB NOT NULL,
                        window_start BIGINT NOT NULL,
                        hits BIGINT NOT NULL,
                        PRIMARY KEY (key_tag, window_start)
                    );
                    """),
        ] + [
            DriveSchema.migration, CustodySchema.migration, RotationSchema.migration, JournalDeskSchema.migration,
            DeliverySchema.migration,
            RetentionSchema.migration, TimeSchema.migration,
        ]
}
