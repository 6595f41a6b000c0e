import Database
import Journal
import Testing
import VaultTesting

@Suite struct AppendTests {
    @Test func eventsAreNumberedInOrderAndCarryTheTransactionsTime() async throws {
        let world = try await JournalWorld()
        let journal = world.journal
        let numbers = try await world.database.write { transaction in
            try (0..<3).map { try journal.append(.sample($0), in: transaction) }
        }
        #expect(numbers == [1, 2, 3])
        let times = try await world.database.read { snapshot in
            try snapshot.all("SELECT time FROM journal_events ORDER BY sequence") { $0.timestamp(0) }
        }
        #expect(times == [Timestamp](repeating: world.clock.now(), count: 3))
    }

    @Test func anEventDiesWithItsTransaction() async throws {
        struct Refused: Error {}
        let world = try await JournalWorld()
        let journal = world.journal
        await #expect(throws: Refused.self) {
            try await world.database.write { transaction in
                try journal.append(.sample(0), in: transaction)
                throw Refused()
            }
        }
        #expect(try await world.database.read { try $0.exists("SELECT 1 FROM journal_events") } == false)
    }

    @Test func unacceptableEventsAreRefused() async throws {
        let world = try await JournalWorld()
        let long = String(repeating: "a", count: 200)
        let bad: [(String, JournalEvent)] = [
            ("action", JournalEvent(actorKind: .system, action: "")),
            ("action", JournalEvent(actorKind: .system, action: "Upload")),
            ("action", JournalEvent(actorKind: .system, action: "a b")),
            ("action", JournalEvent(actorKind: .system, action: "é")),
            ("action", JournalEvent(actorKind: .system, action: long)),
            ("targetKind", JournalEvent(actorKind: .system, action: "a", targetKind: "")),
            ("targetKind", JournalEvent(actorKind: .system, action: "a", targetKind: long)),
            ("address", JournalEvent(actorKind: .system, action: "a", address: long)),
            ("requestID", JournalEvent(actorKind: .system, action: "a", requestID: long)),
            (
                "sealedDetails",
                JournalEvent(actorKind: .system, action: "a", sealedDetails: .init(repeating: 0, count: 16385))
            ),
            ("details", JournalEvent(actorKind: .system, action: "a", details: .init(repeating: 32, count: 16385))),
            ("details", JournalEvent(actorKind: .system, action: "a", details: [0xff])),
        ]
        let journal = world.journal
        for (field, event) in bad {
            await #expect(throws: JournalError.invalidEvent(field: field)) {
                _ = try await world.database.write { try journal.append(event, in: $0) }
            }
        }
    }

    @Test(
        arguments: [
            "UPDATE journal_events SET action = 'x'", "DELETE FROM journal_events",
            "UPDATE journal_leaves SET sequence = 9",
            "DELETE FROM journal_leaves", "UPDATE journal_checkpoints SET time = 0", "DELETE FROM journal_checkpoints",
        ] as [SQL]) func whatIsWrittenStays(_ change: SQL) async throws
    {
        let world = try await JournalWorld()
        try await world.append(2)
        _ = try await world.sequencer.makeCheckpoint()
        await #expect {
            _ = try await world.database.write { try $0.run(change) }
        } throws: { error in
            guard case DatabaseError.constraint(kind: .trigger, let detail) = error else { return false }
            return detail.contains("append-only")
        }
    }

    @Test func theFrenchViewShowsTheJournal() async throws {
        let world = try await JournalWorld()
        let journal = world.journal
        let event = JournalEvent(
            actorKind: .user, actorID: 0x0190_0000_0000_7000_8000_0000_0000_0003, action: "file_deleted",
            targetKind: "file", targetID: 0x0190_0000_0000_7000_8000_0000_0000_0067, address: "192.0.2.1",
            requestID: "r1")
        _ = try await world.database.write { transaction in
            try journal.append(event, in: transaction)
            try journal.append(JournalEvent(actorKind: .apiKey, actorID: 5, action: "a"), in: transaction)
        }
        let rows = try await world.database.read { snapshot in
            try snapshot.all(
                """
                SELECT id, date, user_id, action, cible_type, cible_id, adresse, requete FROM journal_activite ORDER BY id
                """
            ) { row in [String(row.integer(0))] + (1...7).map { row.optionalText($0) ?? "-" } }
        }
        #expect(
            rows == [
                [
                    "1", "2024-10-26T14:30:00Z", "01900000-0000-7000-8000-000000000003", "file_deleted", "file",
                    "01900000-0000-7000-8000-000000000067", "192.0.2.1", "r1",
                ],
                ["2", "2024-10-26T14:30:00Z", "-", "a", "-", "-", "-", "-"],
            ])
    }
}
