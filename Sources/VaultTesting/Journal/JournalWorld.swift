public import Crypto
public import Database
public import Journal

/// A journal of its own for one test: a temporary database with the journal's tables, a clock that stands still, a known
/// key.
public struct JournalWorld: Sendable {
    public let database: any Database
    public let clock: FixedClock
    public let journal: Journal
    public let sequencer: JournalSequencer

    public init(batchSize: Int = 1024, reorderWindow: Int64 = 0) async throws {
        clock = FixedClock()
        database = try await TestEngine.database("journal", clock: clock) { database in
            try await Migrator.migrate(database, Journal.migrations, schema: "journal")
        }
        journal = Journal(
            signingKey: try .forTests(seed: Array(0..<32)), origin: Journal.origin(ofVault: 7),
            reorderWindow: reorderWindow)
        sequencer = JournalSequencer(journal, database: database, batchSize: batchSize)
    }

    /// Records ``JournalEvent/sample(_:)`` from `first` on, a second apart, without sequencing them.
    public func append(_ count: Int, from first: Int = 0) async throws {
        for number in first..<(first + count) {
            clock.advance(seconds: 1)
            let journal = journal
            _ = try await database.write { try journal.append(.sample(number), in: $0) }
        }
    }

    /// Changes what must not change, as somebody with the database file could.
    public func tamper(_ statements: SQL...) async throws {
        try await database.write { transaction in
            try transaction.script(
                .perEngine(
                    sqlite: """
                        DROP TRIGGER IF EXISTS journal_events_keep_update;
                        DROP TRIGGER IF EXISTS journal_events_keep_delete;
                        DROP TRIGGER IF EXISTS journal_leaves_keep_update;
                        DROP TRIGGER IF EXISTS journal_leaves_keep_delete;
                        DROP TRIGGER IF EXISTS journal_checkpoints_keep_update;
                        DROP TRIGGER IF EXISTS journal_checkpoints_keep_delete;
                        """,
                    postgresql: """
                        ALTER TABLE journal_events DISABLE TRIGGER USER;
                        ALTER TABLE journal_leaves DISABLE TRIGGER USER;
                        ALTER TABLE journal_checkpoints DISABLE TRIGGER USER;
                        """))
            for statement in statements { try transaction.run(statement) }
        }
    }
}

extension JournalEvent {
    /// The `number`th of an endless list of different events, among them every field absent, empty, odd and present.
    public static func sample(_ number: Int) -> JournalEvent {
        let id = UInt128(number) << 64 | 0x8000_0000_0000_0000
        let actions = ["file_uploaded", "file_downloaded", "folder_created", "session.opened", "lock"]
        return JournalEvent(
            actorKind: ActorKind.allCases[number % 4],
            actorID: number % 4 < 2 ? UInt128(number % 10) + 1 : nil,
            action: actions[number % 5],
            targetKind: number % 7 == 0 ? nil : "file",
            targetID: number % 7 == 0 ? nil : id,
            spaceID: number % 3 == 0 ? nil : 0xabcd,
            address: number % 5 == 0 ? nil : "192.0.2.\(number % 256)",
            requestID: number % 6 == 0 ? nil : "r-\(number)",
            outcome: Outcome.allCases[number % 3],
            sealedDetails: number % 2 == 0 ? nil : (0..<(number % 64)).map { UInt8(truncatingIfNeeded: $0 &* number) },
            details: number % 11 == 0 ? Array("{\"é\":\"\\n\u{7f}\u{2028}\u{0}\t\u{1F4C4}\"}".utf8) : nil)
    }
}

extension Ed25519SigningKey {
    /// The key of a fixed seed of 32 bytes.
    public static func forTests(seed: [UInt8]) throws -> Ed25519SigningKey {
        guard let key = Ed25519SigningKey(seed: SecretBytes(copying: seed)) else {
            throw CryptoError.keyFile("a seed has 32 bytes")
        }
        return key
    }
}
