import Database

/// What time travel keeps: restores under way with their report, the versions of folders and of the system, bursts of
/// rewriting that were noticed.
///
/// A restore's items are its plan, its place to go on from after a crash, and its report, in one. Names in them rest under
/// the keys of their nodes.
enum TimeSchema {
    static let migration = Migration(
        name: "vault-0011-time", reach: .additive,
        sql: """
            DROP INDEX node_history_by_parent;
            CREATE INDEX node_history_by_place ON node_history (parent_id, node_id);

            CREATE TABLE tree_restores (
                id BLOB NOT NULL PRIMARY KEY,
                space_id BLOB NOT NULL REFERENCES spaces (id),
                folder_id BLOB NOT NULL REFERENCES nodes (id),
                backup_id BLOB,
                moment BIGINT NOT NULL,
                newer TEXT NOT NULL CHECK (newer IN ('keep', 'trash')),
                authority TEXT NOT NULL CHECK (authority IN ('owner', 'administrator')),
                state TEXT NOT NULL
                    CHECK (state IN ('planning', 'preview', 'pending', 'running', 'completed', 'failed', 'cancelled')),
                sealed_message BLOB,
                phase BIGINT NOT NULL,
                sequence BIGINT NOT NULL,
                unchanged BIGINT NOT NULL,
                newer_kept BIGINT NOT NULL,
                is_dry_run BIGINT NOT NULL,
                is_cancelled BIGINT NOT NULL,
                problem TEXT,
                asked_by BLOB NOT NULL,
                asked_at BIGINT NOT NULL,
                started_at BIGINT,
                finished_at BIGINT,
                updated_at BIGINT NOT NULL
            );
            CREATE INDEX tree_restores_by_space ON tree_restores (space_id, asked_at);
            CREATE INDEX tree_restores_under_way ON tree_restores (asked_at)
                WHERE state IN ('planning', 'pending', 'running');
            CREATE INDEX tree_restores_by_backup ON tree_restores (backup_id) WHERE backup_id IS NOT NULL;

            CREATE TABLE tree_restore_items (
                restore_id BLOB NOT NULL REFERENCES tree_restores (id),
                phase BIGINT NOT NULL,
                sequence BIGINT NOT NULL,
                node_id BLOB NOT NULL,
                kind BIGINT NOT NULL,
                parent_id BLOB,
                sealed_meta BLOB,
                version BIGINT NOT NULL,
                size BIGINT NOT NULL,
                acts BIGINT NOT NULL,
                growth BIGINT NOT NULL,
                outcome TEXT NOT NULL CHECK (outcome IN ('planned', 'done', 'kept', 'refused')),
                reason TEXT,
                trash_root BLOB,
                is_numbered BIGINT NOT NULL,
                PRIMARY KEY (restore_id, phase, sequence)
            );
            CREATE INDEX tree_restore_items_by_outcome ON tree_restore_items (restore_id, outcome, phase, sequence);

            CREATE TABLE folder_versions (
                node_id BLOB NOT NULL REFERENCES nodes (id),
                number BIGINT NOT NULL,
                id BLOB NOT NULL,
                cause TEXT NOT NULL,
                elements BIGINT NOT NULL,
                restore_id BLOB,
                sealed_meta BLOB NOT NULL,
                created_by BLOB NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (node_id, number)
            );
            """,
        .refuse(
            .update, on: "folder_versions", trigger: "folder_versions_are_never_updated",
            saying: "versions are immutable"),
        .refuse(
            .delete, on: "folder_versions", trigger: "folder_versions_are_never_deleted",
            saying: "versions are immutable"),
        """
        CREATE TABLE system_versions (
            number BIGINT NOT NULL PRIMARY KEY,
            id BLOB NOT NULL,
            cause TEXT NOT NULL,
            folders BIGINT NOT NULL,
            files BIGINT NOT NULL,
            reference_id BLOB,
            created_by BLOB NOT NULL,
            created_at BIGINT NOT NULL
        );
        """,
        .refuse(
            .update, on: "system_versions", trigger: "system_versions_are_never_updated",
            saying: "versions are immutable"),
        .refuse(
            .delete, on: "system_versions", trigger: "system_versions_are_never_deleted",
            saying: "versions are immutable"),
        """
        CREATE TABLE rewrite_bursts (
            id BLOB NOT NULL PRIMARY KEY,
            account_id BLOB NOT NULL,
            space_id BLOB NOT NULL REFERENCES spaces (id),
            folder_id BLOB NOT NULL,
            moment BIGINT NOT NULL,
            files BIGINT NOT NULL,
            noticed_at BIGINT NOT NULL,
            last_seen_at BIGINT NOT NULL
        );
        CREATE INDEX rewrite_bursts_by_account ON rewrite_bursts (account_id, space_id, last_seen_at);
        """)
}
