import Database

/// What keeps documents from being destroyed: retention policies, legal holds, versions that expired, accounts that are
/// being erased.
///
/// A rule binds the node it was put on and all below it. Its `…_places` say where it lies: the one it was put on, and
/// those that were taken out of its reach since and carry it along (docs/decisions/0040).
enum RetentionSchema {
    static let migration = Migration(
        name: "vault-0010-retention", reach: .additive,
        sql: """
            CREATE TABLE retention_policies (
                id BLOB NOT NULL PRIMARY KEY,
                node_id BLOB NOT NULL REFERENCES nodes (id),
                space_id BLOB NOT NULL,
                mode BIGINT NOT NULL,
                duration BIGINT NOT NULL,
                keep_versions BIGINT,
                keep_for BIGINT,
                sealed_text BLOB NOT NULL,
                created_by BLOB NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                lifted_by BLOB,
                lifted_at BIGINT
            );
            CREATE INDEX retention_policies_by_node ON retention_policies (node_id);

            CREATE TABLE retention_places (
                node_id BLOB NOT NULL REFERENCES nodes (id),
                policy_id BLOB NOT NULL REFERENCES retention_policies (id),
                space_id BLOB NOT NULL,
                covers_before BIGINT NOT NULL,
                is_carried BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (node_id, policy_id)
            );
            CREATE INDEX retention_places_by_space ON retention_places (space_id);

            CREATE TABLE holds (
                id BLOB NOT NULL PRIMARY KEY,
                sealed_text BLOB NOT NULL,
                opened_by BLOB NOT NULL,
                opened_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                released_at BIGINT
            );

            CREATE TABLE hold_places (
                node_id BLOB NOT NULL REFERENCES nodes (id),
                hold_id BLOB NOT NULL REFERENCES holds (id),
                space_id BLOB NOT NULL,
                is_carried BIGINT NOT NULL,
                added_by BLOB NOT NULL,
                added_at BIGINT NOT NULL,
                released_at BIGINT,
                PRIMARY KEY (node_id, hold_id)
            );
            CREATE INDEX hold_places_by_hold ON hold_places (hold_id, node_id);
            CREATE INDEX hold_places_in_force ON hold_places (space_id) WHERE released_at IS NULL;

            CREATE TABLE hold_releases (
                id BLOB NOT NULL PRIMARY KEY,
                hold_id BLOB NOT NULL REFERENCES holds (id),
                is_whole BIGINT NOT NULL,
                sealed_reason BLOB NOT NULL,
                asked_by BLOB NOT NULL,
                asked_at BIGINT NOT NULL,
                decided_by BLOB,
                decided_at BIGINT,
                is_confirmed BIGINT
            );
            CREATE UNIQUE INDEX hold_releases_pending ON hold_releases (hold_id) WHERE decided_at IS NULL;

            CREATE TABLE hold_release_places (
                release_id BLOB NOT NULL REFERENCES hold_releases (id),
                node_id BLOB NOT NULL,
                PRIMARY KEY (release_id, node_id)
            );

            CREATE TABLE expired_versions (
                node_id BLOB NOT NULL REFERENCES nodes (id),
                number BIGINT NOT NULL,
                policy_id BLOB NOT NULL,
                expired_at BIGINT NOT NULL,
                PRIMARY KEY (node_id, number)
            );
            """,
        .refuse(
            .update, on: "expired_versions", trigger: "expired_versions_are_never_updated",
            saying: "expired_versions is append-only"),
        .refuse(
            .delete, on: "expired_versions", trigger: "expired_versions_are_never_deleted",
            saying: "expired_versions is append-only"),
        """
        CREATE TABLE erasures (
            account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
            space_id BLOB NOT NULL,
            asked_by BLOB NOT NULL,
            asked_at BIGINT NOT NULL,
            erased_at BIGINT,
            passed_at BIGINT,
            finished_at BIGINT,
            files BIGINT NOT NULL,
            folders BIGINT NOT NULL,
            bytes BIGINT NOT NULL,
            comments BIGINT NOT NULL,
            links BIGINT NOT NULL
        );
        CREATE INDEX erasures_unfinished ON erasures (asked_at) WHERE finished_at IS NULL;

        CREATE TABLE erasure_kept (
            account_id BLOB NOT NULL REFERENCES accounts (id),
            node_id BLOB NOT NULL,
            rule TEXT NOT NULL,
            rule_id BLOB NOT NULL,
            kept_until BIGINT,
            noted_at BIGINT NOT NULL,
            PRIMARY KEY (account_id, node_id)
        );
        """)
}
