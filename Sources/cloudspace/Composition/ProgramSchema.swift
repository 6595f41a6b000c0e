import Backup
import Billing
import Crypto
import Database
import Vault

/// The one table of the program itself: which vault this database is, so that it is never opened with foreign keys.
enum ProgramSchema {
    static let migrations: [Migration] = [
        Migration(
            name: "program-0001-vault-info",
            sql: """
                CREATE TABLE vault_info (
                    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
                    vault_id BLOB NOT NULL,
                    key_check BLOB NOT NULL,
                    created_at BIGINT NOT NULL
                )
                """)
    ]

    /// The schemas of the modules, in the order they are migrated: each may refer to tables of those before it.
    static let modules: [(name: StaticString, migrations: [Migration])] = [
        ("vault", VaultCore.migrations),
        (BillingSchema.name, BillingSchema.migrations),
        (BackupSchema.name, BackupSchema.migrations),
    ]

    /// Brings a database to this program's schema.
    static func migrate(_ database: any Database) async throws {
        try await Migrator.migrate(database, migrations, schema: "program")
        for module in modules { try await Migrator.migrate(database, module.migrations, schema: module.name) }
    }

    /// Brings an empty database to the schema that has these migrations alone: that of an older program.
    static func migrate(_ database: any Database, only names: Set<String>) async throws {
        func known(_ all: [Migration]) -> [Migration] { all.filter { names.contains($0.name.description) } }
        try await Migrator.migrate(database, known(migrations), schema: "program")
        for module in modules {
            try await Migrator.migrate(database, known(module.migrations), schema: module.name)
        }
    }

    /// The names of all migrations that this program knows.
    static var knownMigrations: Set<String> {
        Set((migrations + modules.flatMap(\.migrations)).map(\.name.description))
    }
}

/// The tie between a database and its key ring.
struct VaultIdentity: Sendable {
    @Words128 var vaultID: UInt128
    /// The same as the database holds it: 16 bytes, most significant first.
    let idBytes: [UInt8]
    /// A tag that only this ring can make: two rings of one name are still two rings.
    let keyCheck: [UInt8]

    init(of ring: KeyRing) {
        _vaultID = Words128(wrappedValue: ring.vaultID)
        idBytes = (0..<16).map { UInt8(truncatingIfNeeded: ring.vaultID >> UInt128(120 - 8 * $0)) }
        keyCheck = ring.stableKey("cloudspace vault identity").tag(idBytes)
    }

    /// Writes the tie into a new database; in any other, checks it.
    /// - Throws: `ProgramError.refused` when the database belongs to another ring, or is the target of a move that has not
    ///   ended.
    func claim(_ database: any Database) async throws {
        try await MoveRecord.demandNone(in: database)
        let (id, check) = (vaultID, keyCheck)
        let stored = try await database.write { transaction in
            try transaction.run(
                """
                INSERT INTO vault_info (singleton, vault_id, key_check, created_at)
                VALUES (1, \(id), \(check), \(transaction.now)) ON CONFLICT DO NOTHING
                """)
            return try transaction.first(Self.query) { ($0.uuid(0), $0.bytes(1)) }
        }
        guard let stored else { throw ProgramError.failed("the database did not keep the vault's id") }
        try Self.demand(stored, equals: self)
    }

    /// - Throws: `ProgramError.refused` as ``claim(_:)`` does.
    func check(_ database: any Database) async throws {
        try await MoveRecord.demandNone(in: database)
        let stored = try await database.read { snapshot in
            try snapshot.first(Self.query) { ($0.uuid(0), $0.bytes(1)) }
        }
        guard let stored else {
            throw ProgramError.refused("the database has no vault id: it is not one of this program")
        }
        try Self.demand(stored, equals: self)
    }

    /// Whether the database holds a vault, whose ever it is.
    /// - Throws: `ProgramError.refused` when it is about to become one: the target of a move that has not ended.
    static func isClaimed(_ database: any Database) async throws -> Bool {
        try await MoveRecord.demandNone(in: database)
        do {
            return try await database.read { try $0.exists(query) }
        } catch DatabaseError.other {
            return false  // there is no such table
        }
    }

    private static let query: SQL = "SELECT vault_id, key_check FROM vault_info WHERE singleton = 1"

    private static func demand(_ stored: (UInt128, [UInt8]), equals own: VaultIdentity) throws(ProgramError) {
        guard stored.0 == own.vaultID else {
            throw .refused(
                "these keys belong to another vault (keys: \(UUIDForm.text(own.vaultID)), database: "
                    + "\(UUIDForm.text(stored.0))); give the keys directory of this vault")
        }
        guard constantTimeEqual(stored.1, own.keyCheck) else {
            throw .refused(
                "this key ring has the vault's id but is another ring; put back the keys directory of this vault")
        }
    }
}
