import Database

/// What nodes and rotations of the master key agree on. Numbers, ids and times; a reason that somebody wrote is sealed.
///
/// `key_generations` is empty until the first rotation begins. `key_ring_handover` and `key_holders` belong to the place:
/// they do not travel when a vault moves.
enum RotationSchema {
    static let migration = Migration(
        name: "vault-0007-rotation", reach: .additive,
        sql: """
            CREATE TABLE key_generations (
                generation BIGINT NOT NULL PRIMARY KEY,
                created_at BIGINT NOT NULL,
                activated_at BIGINT,
                retired_at BIGINT,
                destroyed_at BIGINT
            );

            CREATE TABLE key_rotations (
                id BLOB NOT NULL PRIMARY KEY,
                from_generation BIGINT NOT NULL,
                to_generation BIGINT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('requested', 'distributing', 'rewrapping', 'completed', 'failed')),
                rate BIGINT,
                sealed_reason BLOB,
                total BIGINT NOT NULL,
                done BIGINT NOT NULL,
                last_owner BLOB,
                digest BLOB NOT NULL,
                problem TEXT,
                problem_detail TEXT,
                requested_by BLOB,
                requested_at BIGINT NOT NULL,
                started_at BIGINT,
                paused_at BIGINT,
                finished_at BIGINT
            );
            CREATE INDEX key_rotations_by_time ON key_rotations (requested_at);

            CREATE TABLE key_ring_handover (
                singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
                generation BIGINT NOT NULL,
                sealed_ring BLOB NOT NULL,
                created_at BIGINT NOT NULL
            );

            CREATE TABLE key_holders (
                node_id BLOB NOT NULL PRIMARY KEY,
                holds BIGINT NOT NULL,
                wraps BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            """)
}
