import Database

/// What a target remembers of the move into it, in tables that exist from its first step to its last.
///
/// As long as they are there the database is no vault yet: see ``demandNone(in:)``.
struct MoveRecord: Sendable, Equatable {
    enum Phase: String, Sendable, SQLBindable {
        /// The tables of the vault are being made.
        case preparing
        /// The tables are there, and hold nothing but what came from the source.
        case rows
    }

    /// How far one table has come.
    struct TableState: Sendable, Equatable {
        /// The encoded key of the last row copied; nil before the first.
        var lastKey: [UInt8]?
        var rows: Int64
        /// See ``RowDigest``.
        var digest: [UInt8]
        var isComplete: Bool
    }

    /// 16 bytes.
    let vaultID: [UInt8]
    /// See ``SourceState``.
    let fingerprint: [UInt8]
    let phase: Phase

    static let tables = ["vault_move", "vault_move_references", "vault_move_tables"]

    /// - Throws: `ProgramError.refused` while a move into this database has not ended.
    static func demandNone(in database: any Database) async throws {
        guard try await read(from: database) == nil else {
            throw ProgramError.refused(
                "a move or a restore into this database has not ended; run the same `cloudspace migrate` or `cloudspace restore` "
                    + "again to end it")
        }
    }

    /// - Returns: nil when no move is under way.
    static func read(from database: any Database) async throws -> MoveRecord? {
        let dialect = database.dialect
        return try await database.read { snapshot in
            guard try TableCatalog.holds(table: "vault_move", in: snapshot, dialect: dialect) else { return nil }
            return try snapshot.first("SELECT vault_id, fingerprint, phase FROM vault_move WHERE singleton = 1") {
                row in
                MoveRecord(
                    vaultID: row.bytes(0), fingerprint: row.bytes(1), phase: Phase(rawValue: row.text(2)) ?? .preparing)
            }
        }
    }

    /// Marks an empty database as the target of a move.
    static func make(for source: SourceState, in database: any Database) async throws {
        let (id, fingerprint) = (source.vaultID, source.fingerprint)
        try await database.write { transaction in
            try transaction.script(
                """
                CREATE TABLE vault_move (
                    singleton BIGINT PRIMARY KEY CHECK (singleton = 1),
                    vault_id BLOB NOT NULL,
                    fingerprint BLOB NOT NULL,
                    phase TEXT NOT NULL,
                    started_at BIGINT NOT NULL
                );
                CREATE TABLE vault_move_tables (
                    table_name TEXT PRIMARY KEY,
                    last_key BLOB,
                    row_count BIGINT NOT NULL,
                    digest BLOB NOT NULL,
                    is_complete BIGINT NOT NULL
                );
                CREATE TABLE vault_move_references (
                    table_name TEXT NOT NULL,
                    name TEXT NOT NULL,
                    definition TEXT NOT NULL,
                    PRIMARY KEY (table_name, name)
                );
                """)
            try transaction.run(
                """
                INSERT INTO vault_move (singleton, vault_id, fingerprint, phase, started_at)
                VALUES (1, \(id), \(fingerprint), \(Phase.preparing), \(transaction.now))
                """)
        }
    }

    /// Takes everything out of the vault's tables, what migrations put there too, and lets go of the references between
    /// them: rows come from the beginning.
    static func begin(
        _ tables: [TableCatalog.Table], from source: SourceState, in database: any Database
    ) async throws {
        let fingerprint = source.fingerprint
        try await database.write { transaction in
            for reference in try transaction.takeReferences() {
                try transaction.run(
                    """
                    INSERT INTO vault_move_references (table_name, name, definition)
                    VALUES (\(reference.table), \(reference.name), \(reference.definition)) ON CONFLICT DO NOTHING
                    """)
            }
            try transaction.run("DELETE FROM vault_move_tables")
            for table in tables {
                try TableWriter(table).empty(in: transaction)
                try transaction.run(
                    """
                    INSERT INTO vault_move_tables (table_name, last_key, row_count, digest, is_complete)
                    VALUES (\(table.name), NULL, 0, \(RowDigest(of: table).bytes), 0)
                    """)
            }
            try transaction.run("UPDATE vault_move SET phase = \(Phase.rows), fingerprint = \(fingerprint)")
        }
    }

    static func state(of table: String, in database: any Database) async throws -> TableState {
        let state = try await database.read { snapshot in
            try snapshot.first(
                "SELECT last_key, row_count, digest, is_complete FROM vault_move_tables WHERE table_name = \(table)"
            ) { row in
                TableState(
                    lastKey: row.optionalBytes(0), rows: row.integer(1), digest: row.bytes(2), isComplete: row.bool(3))
            }
        }
        guard let state else { throw ProgramError.failed("the target does not remember table \(table)") }
        return state
    }

    /// Notes how far a table has come, in the transaction that brings it there.
    /// - Throws: `ProgramError.refused` when it is no longer where this move left it.
    static func advance(
        _ table: String, from old: TableState, to new: TableState, in transaction: borrowing Transaction
    ) throws {
        let changed = try transaction.run(
            """
            UPDATE vault_move_tables
            SET last_key = \(new.lastKey), row_count = \(new.rows), digest = \(new.digest),
                is_complete = \(new.isComplete)
            WHERE table_name = \(table) AND row_count = \(old.rows) AND is_complete = \(old.isComplete)
            """)
        guard changed == 1 else {
            throw ProgramError.refused("another `cloudspace migrate` works on this target; let one of them end")
        }
    }

    /// Makes the references again, one after the other; each is remembered until it is there.
    static func putBackReferences(in database: any Database) async throws {
        let references = try await database.read { snapshot in
            try snapshot.all("SELECT table_name, name, definition FROM vault_move_references ORDER BY table_name, name")
            {
                TakenReference(table: $0.text(0), name: $0.text(1), definition: $0.text(2))
            }
        }
        for reference in references {
            try await database.write { transaction in
                try transaction.putBack(reference)
                try transaction.run(
                    """
                    DELETE FROM vault_move_references
                    WHERE table_name = \(reference.table) AND name = \(reference.name)
                    """)
            }
        }
    }

    /// The last step: the database becomes the vault.
    static func end(with identity: [TransferRow], of table: TableCatalog.Table, in database: any Database) async throws
    {
        try await database.write { transaction in
            try TableWriter(table).insert(identity, in: transaction)
            try transaction.script(
                "DROP TABLE vault_move; DROP TABLE vault_move_tables; DROP TABLE vault_move_references;")
        }
    }
}
