import Database

/// What bringing an archive back keeps: what was asked, which restores of spaces it became, and the tree of the archive while
/// it is compared with the present.
enum RestoreTables {
    static let migration = Migration(
        name: "backup-0003-restores", reach: .additive,
        sql: """
            CREATE TABLE backup_restores (
                id BLOB NOT NULL PRIMARY KEY,
                backup_id BLOB NOT NULL,
                state TEXT NOT NULL
                    CHECK (state IN ('waiting', 'preparing', 'running', 'completed', 'failed')),
                as_of BIGINT,
                newer TEXT NOT NULL CHECK (newer IN ('keep', 'trash')),
                is_dry_run BIGINT NOT NULL,
                sealed_selection BLOB,
                mended BIGINT NOT NULL,
                lost BIGINT NOT NULL,
                problem TEXT,
                requested_by BLOB NOT NULL,
                requested_at BIGINT NOT NULL,
                started_at BIGINT,
                finished_at BIGINT
            );
            CREATE INDEX backup_restores_under_way ON backup_restores (requested_at)
                WHERE state IN ('waiting', 'preparing', 'running');

            CREATE TABLE backup_restore_parts (
                restore_id BLOB NOT NULL REFERENCES backup_restores (id),
                part_id BLOB NOT NULL,
                PRIMARY KEY (restore_id, part_id)
            );

            CREATE TABLE backup_restore_states (
                restore_id BLOB NOT NULL REFERENCES backup_restores (id),
                node_id BLOB NOT NULL,
                sequence BIGINT NOT NULL,
                space_id BLOB NOT NULL,
                parent_id BLOB,
                kind BIGINT NOT NULL,
                state BIGINT NOT NULL,
                sealed_meta BLOB,
                head_number BIGINT NOT NULL,
                size BIGINT NOT NULL,
                PRIMARY KEY (restore_id, node_id)
            );
            CREATE INDEX backup_restore_states_by_place ON backup_restore_states (restore_id, parent_id, node_id);
            """)
}
