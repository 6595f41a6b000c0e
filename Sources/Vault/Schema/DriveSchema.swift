import Database

/// What people do around files: comments, links, notifications, previews, their own settings and second factors.
///
/// Text that speaks of a node is sealed under that node's key, so that shredding the node reaches it; text that speaks of
/// a person under the person's. Names and titles are not repeated here: they are put together when they are shown.
enum DriveSchema {
    static let migration = Migration(
        name: "vault-0005-drive", reach: .additive,
        sql: """
            CREATE TABLE comments (
                id BLOB NOT NULL PRIMARY KEY,
                node_id BLOB NOT NULL REFERENCES nodes (id),
                author_id BLOB NOT NULL REFERENCES accounts (id),
                sealed_text BLOB NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            CREATE INDEX comments_by_node ON comments (node_id, id);

            CREATE TABLE share_links (
                id BLOB NOT NULL PRIMARY KEY,
                node_id BLOB NOT NULL REFERENCES nodes (id),
                token_tag BLOB NOT NULL UNIQUE,
                sealed_token BLOB NOT NULL,
                sealed_password BLOB,
                created_by BLOB NOT NULL REFERENCES accounts (id),
                created_at BIGINT NOT NULL,
                expires_at BIGINT,
                maximum_downloads BIGINT,
                downloads BIGINT NOT NULL,
                last_used_at BIGINT,
                revoked_at BIGINT
            );
            CREATE INDEX share_links_by_node ON share_links (node_id, id);

            CREATE TABLE notifications (
                id BLOB NOT NULL PRIMARY KEY,
                account_id BLOB NOT NULL REFERENCES accounts (id),
                sequence BIGINT NOT NULL,
                kind TEXT NOT NULL,
                actor_id BLOB,
                node_id BLOB,
                subject_id BLOB,
                created_at BIGINT NOT NULL,
                read_at BIGINT
            );
            CREATE UNIQUE INDEX notifications_by_account ON notifications (account_id, sequence);
            CREATE INDEX notifications_read ON notifications (read_at) WHERE read_at IS NOT NULL;
            CREATE INDEX notifications_by_node ON notifications (node_id) WHERE node_id IS NOT NULL;

            CREATE TABLE notification_marks (
                account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
                latest BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            CREATE INDEX notification_marks_by_time ON notification_marks (updated_at);

            CREATE TABLE previews (
                version_id BLOB NOT NULL PRIMARY KEY,
                node_id BLOB NOT NULL REFERENCES nodes (id),
                state BIGINT NOT NULL,
                blob_id BLOB,
                width BIGINT NOT NULL,
                height BIGINT NOT NULL,
                created_at BIGINT NOT NULL
            );
            CREATE INDEX previews_by_node ON previews (node_id);

            CREATE TABLE avatars (
                account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
                id BLOB NOT NULL UNIQUE,
                sealed_image BLOB NOT NULL,
                created_at BIGINT NOT NULL
            );

            CREATE TABLE account_settings (
                account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
                theme TEXT NOT NULL,
                font_size TEXT NOT NULL,
                compact_mode BIGINT NOT NULL,
                sidebar_position TEXT NOT NULL,
                updated_at BIGINT NOT NULL
            );

            CREATE TABLE presence (
                account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
                is_online BIGINT NOT NULL,
                seen_at BIGINT NOT NULL
            );
            CREATE INDEX presence_online ON presence (seen_at) WHERE is_online = 1;

            CREATE TABLE two_factor (
                account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
                sealed_secret BLOB NOT NULL,
                last_step BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                enabled_at BIGINT
            );

            CREATE TABLE recovery_codes (
                account_id BLOB NOT NULL REFERENCES accounts (id),
                code_tag BLOB NOT NULL,
                used_at BIGINT,
                PRIMARY KEY (account_id, code_tag)
            );

            CREATE TABLE sign_in_challenges (
                id BLOB NOT NULL PRIMARY KEY,
                account_id BLOB NOT NULL REFERENCES accounts (id),
                attempts BIGINT NOT NULL,
                expires_at BIGINT NOT NULL
            );
            CREATE INDEX sign_in_challenges_by_expiry ON sign_in_challenges (expires_at);

            CREATE INDEX grants_by_giver ON grants (granted_by, created_at);
            CREATE INDEX stars_by_node ON stars (node_id);
            CREATE INDEX nodes_trash_roots ON nodes (space_id, trashed_at) WHERE state = 1 AND trash_root = id;
            """)
}
