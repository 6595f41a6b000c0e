import Database

/// What a vault says of its keys to those who do not have them.
enum CustodySchema {
    static let migration = Migration(
        name: "vault-0006-custody", reach: .additive,
        sql: """
            CREATE TABLE vault_custody (
                singleton BIGINT PRIMARY KEY CHECK (singleton = 1),
                verifier_key TEXT NOT NULL,
                ring_generation BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            """)
}
