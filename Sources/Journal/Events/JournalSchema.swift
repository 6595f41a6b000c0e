public import Database

extension Journal {
    /// The journal's tables, in the schema's order.
    ///
    /// - `journal_events`: what happened, append-only. Four indexes and no more, since every write pays for them; time
    ///   needs none (see ``JournalQuery``). Each ends, as every SQLite index does, with the sequence.
    /// - `journal_leaves`: the tree's leaves in order; an event is sequenced when it has a row here.
    /// - `journal_nodes`: hashes of the complete subtrees of height 8, 16, 24 …; everything between is computed.
    /// - `journal_spans`: which sequences and times the 256 leaves below a node of height 8 cover.
    /// - `journal_checkpoints`: what was signed.
    public static let migrations: [Migration] = [
        Migration(
            name: "journal-1",
            sql: """
                CREATE TABLE journal_events (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                    time BIGINT NOT NULL,
                    actor_kind INTEGER NOT NULL,
                    outcome INTEGER NOT NULL,
                    actor_id BLOB,
                    action TEXT NOT NULL,
                    target_kind TEXT,
                    target_id BLOB,
                    space_id BLOB,
                    address TEXT,
                    request_id TEXT,
                    sealed_details BLOB,
                    details BLOB
                );
                CREATE INDEX journal_events_action ON journal_events (action);
                CREATE INDEX journal_events_actor ON journal_events (actor_id) WHERE actor_id IS NOT NULL;
                CREATE INDEX journal_events_target ON journal_events (target_id) WHERE target_id IS NOT NULL;

                CREATE TABLE journal_leaves (
                    leaf_index INTEGER PRIMARY KEY,
                    sequence BIGINT NOT NULL UNIQUE,
                    hash BLOB NOT NULL
                );

                CREATE TABLE journal_nodes (
                    height INTEGER NOT NULL,
                    node_index BIGINT NOT NULL,
                    hash BLOB NOT NULL,
                    PRIMARY KEY (height, node_index)
                ) WITHOUT ROWID;

                CREATE TABLE journal_spans (
                    block INTEGER PRIMARY KEY,
                    first_sequence BIGINT NOT NULL,
                    last_sequence BIGINT NOT NULL,
                    first_time BIGINT NOT NULL,
                    last_time BIGINT NOT NULL
                );

                CREATE TABLE journal_checkpoints (
                    tree_size INTEGER PRIMARY KEY,
                    time BIGINT NOT NULL,
                    root_hash BLOB NOT NULL,
                    note TEXT NOT NULL
                );
                """,
            .refuse(
                .update, on: "journal_events", trigger: "journal_events_keep_update",
                saying: "journal_events is append-only"),
            .refuse(
                .delete, on: "journal_events", trigger: "journal_events_keep_delete",
                saying: "journal_events is append-only"),
            .refuse(
                .update, on: "journal_leaves", trigger: "journal_leaves_keep_update",
                saying: "journal_leaves is append-only"),
            .refuse(
                .delete, on: "journal_leaves", trigger: "journal_leaves_keep_delete",
                saying: "journal_leaves is append-only"),
            .refuse(
                .update, on: "journal_checkpoints", trigger: "journal_checkpoints_keep_update",
                saying: "journal_checkpoints is append-only"),
            .refuse(
                .delete, on: "journal_checkpoints", trigger: "journal_checkpoints_keep_delete",
                saying: "journal_checkpoints is append-only"),
            .perEngine(
                sqlite: """
                    CREATE VIEW journal_activite AS
                    WITH texts AS (
                        SELECT sequence, time, actor_kind, action, target_kind, address, request_id,
                            lower(hex(actor_id)) AS actor, lower(hex(target_id)) AS target
                        FROM journal_events
                    )
                    SELECT
                        sequence AS id,
                        strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000, 'unixepoch') AS date,
                        CASE WHEN actor_kind = 1 AND actor <> '' THEN
                            substr(actor, 1, 8) || '-' || substr(actor, 9, 4) || '-' || substr(actor, 13, 4) || '-'
                                || substr(actor, 17, 4) || '-' || substr(actor, 21)
                        END AS user_id,
                        action,
                        target_kind AS cible_type,
                        CASE WHEN target <> '' THEN
                            substr(target, 1, 8) || '-' || substr(target, 9, 4) || '-' || substr(target, 13, 4) || '-'
                                || substr(target, 17, 4) || '-' || substr(target, 21)
                        END AS cible_id,
                        address AS adresse,
                        request_id AS requete
                    FROM texts;
                    """,
                postgresql: """
                    CREATE VIEW journal_activite AS
                    SELECT
                        sequence AS id,
                        to_char(to_timestamp(time / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS date,
                        CASE WHEN actor_kind = 1 THEN CAST(encode(actor_id, 'hex') AS uuid)::text END AS user_id,
                        action,
                        target_kind AS cible_type,
                        CAST(encode(target_id, 'hex') AS uuid)::text AS cible_id,
                        address AS adresse,
                        request_id AS requete
                    FROM journal_events;
                    """)),
        // What happened in one space, for the people who look at its history (requirements/1, ActivityLog).
        // On PostgreSQL the sequence must be named to be at an index's end; people's lists are read in its order.
        Migration(
            name: "journal-2", reach: .additive,
            sql: .perEngine(
                sqlite: "CREATE INDEX journal_events_space ON journal_events (space_id) WHERE space_id IS NOT NULL",
                postgresql: """
                    CREATE INDEX journal_events_space ON journal_events (space_id, sequence) WHERE space_id IS NOT NULL;
                    DROP INDEX journal_events_actor;
                    CREATE INDEX journal_events_actor ON journal_events (actor_id, sequence) WHERE actor_id IS NOT NULL;
                    DROP INDEX journal_events_target;
                    CREATE INDEX journal_events_target ON journal_events (target_id, sequence) WHERE target_id IS NOT NULL
                    """)),
        // Refusals and failures are what a journal is searched for, and rare: their index costs other events nothing.
        Migration(
            name: "journal-3", reach: .additive,
            sql: .perEngine(
                sqlite: "CREATE INDEX journal_events_unsuccessful ON journal_events (outcome) WHERE outcome <> 1",
                postgresql: """
                    CREATE INDEX journal_events_unsuccessful ON journal_events (outcome, sequence) WHERE outcome <> 1;
                    DROP INDEX journal_events_action;
                    CREATE INDEX journal_events_action ON journal_events (action, sequence)
                    """)),
    ]
}
