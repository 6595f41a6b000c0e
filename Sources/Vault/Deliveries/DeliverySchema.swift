import Database

/// The tables of what leaves the machine.
///
/// A delivery holds numbers and names of our own: what is sent is made when it is sent, so nothing about documents rests
/// here. A schedule's name is what somebody wrote, so it is sealed with the rest of its definition.
enum DeliverySchema {
    static let migration = Migration(
        name: "vault-0009-deliveries", reach: .additive,
        sql: """
            CREATE TABLE deliveries (
                id BLOB NOT NULL PRIMARY KEY,
                target TEXT NOT NULL,
                reference TEXT NOT NULL,
                tree_size BIGINT NOT NULL,
                schedule_id BLOB,
                period_start BIGINT,
                state BIGINT NOT NULL,
                attempts BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                next_at BIGINT NOT NULL,
                deadline_at BIGINT NOT NULL,
                attempted_at BIGINT,
                ended_at BIGINT,
                failure TEXT,
                failure_status BIGINT,
                file_name TEXT,
                item_count BIGINT,
                sha256 BLOB,
                UNIQUE (target, reference)
            );
            CREATE INDEX deliveries_by_state ON deliveries (state, next_at);

            CREATE TABLE journal_schedules (
                id BLOB NOT NULL PRIMARY KEY,
                target TEXT NOT NULL,
                sealed_definition BLOB NOT NULL,
                created_by BLOB NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL,
                next_at BIGINT NOT NULL
            );
            CREATE INDEX journal_schedules_by_time ON journal_schedules (next_at);
            """)
}
