public import Crypto
public import Database
public import Journal

/// The one row of `vault_custody`: the journal's public key, so that a sealed vault can verify its journal, and the highest
/// generation that the ring ever had, so that an older copy of the ring is noticed.
///
/// Neither is a secret. Whoever can write the database can change both; that a journal was signed with another key is what
/// the copies of its verifier key outside show.
public enum CustodyRecord {
    /// Writes down what the ring says, or finds that it is an older one.
    ///
    /// Nothing is written when nothing is new.
    /// - Throws: `CryptoError.unknownGeneration` with the generation that the ring lacks; `DatabaseError`.
    public static func note(_ ring: KeyRing, _ journal: Journal, in database: any Database) async throws {
        let key = try journal.verifierKey().text
        let generation = Int64(ring.activeGeneration)
        let stored = try await database.read { snapshot in
            try snapshot.first(query) { ($0.text(0), $0.integer(1)) }
        }
        if let (_, known) = stored, known > generation { throw CryptoError.unknownGeneration(Int(known)) }
        if let stored, stored == (key, generation) { return }
        try await database.write { transaction in
            try transaction.run(
                """
                INSERT INTO vault_custody (singleton, verifier_key, ring_generation, updated_at)
                VALUES (1, \(key), \(generation), \(transaction.now))
                ON CONFLICT (singleton) DO UPDATE SET
                    verifier_key = excluded.verifier_key, ring_generation = excluded.ring_generation,
                    updated_at = excluded.updated_at
                """)
        }
    }

    /// Raises the noted generation, in the transaction that begins to use it: from then on a ring without it is refused.
    package static func raise(to generation: Int, in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            UPDATE vault_custody SET ring_generation = \(Int64(generation)), updated_at = \(transaction.now)
            WHERE singleton = 1 AND ring_generation < \(Int64(generation))
            """)
    }

    /// The key by which the journal is verified; nil for a vault that was never opened since this is noted.
    public static func verifierKey(in database: any Database) async throws -> NoteVerifierKey? {
        let text: String?
        do {
            text = try await database.read { snapshot in try snapshot.first(query) { $0.text(0) } }
        } catch DatabaseError.other {
            return nil  // the table comes with the next opening
        }
        guard let text else { return nil }
        return try NoteVerifierKey(parsing: text)
    }

    private static let query: SQL = "SELECT verifier_key, ring_generation FROM vault_custody WHERE singleton = 1"
}
