import Crypto
import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct JournalWitnessTests {
    @Test func whatIsRememberedIsComparedAndTheStateSaysSo() async throws {
        let world = try await World()
        let witness = world.core.witness
        #expect(witness.status == WitnessStatus())
        _ = try await world.person()
        let checkpoint = try await world.core.sequencer.makeCheckpoint()
        try await witness.compare(with: [checkpoint.note])
        #expect(witness.status.state == .consistent && witness.status.checkedAt == world.clock.now())
        witness.noteUnreadable()
        #expect(witness.status.state == .unreadable)
        try await witness.compare(with: [checkpoint.note])
        #expect(witness.status.state == .consistent)
    }

    @Test func aContradictionIsJournalledToldOnceAndNotForgotten() async throws {
        let world = try await World()
        let admin = try await world.person("Admin", "One", role: .admin)
        let ama = try await world.person("Ama", "Mensah")
        // Signed by this very journal, of a tree it never had.
        let head = TreeHead(size: 2, rootHash: [UInt8](repeating: 7, count: 32))
        let forged = try Checkpoint(
            signing: head, origin: world.journal.origin,
            key: Ed25519SigningKey(seed: world.ring.stableKey("cloudspace journal signing")))
        let witness = world.core.witness
        try await world.core.sequencer.catchUp()
        for _ in 0..<3 { try await witness.compare(with: [forged.note]) }
        #expect(witness.status.state == .contradicted)
        #expect(witness.status.report?.findings == [.contradicted(checkpointSize: 2)])
        let events = try await world.database.read { snapshot in
            try world.journal.events(JournalQuery(action: "witness_contradicted"), in: snapshot)
        }
        #expect(events.count == 1 && events.first?.event.outcome == .failed)
        #expect(try await world.vault.notifications.list(as: admin).entries.map(\.kind) == [.journalContradicted])
        #expect(try await world.vault.notifications.list(as: ama).entries.isEmpty)
        // What was seen once is not made good by taking the file away.
        try await witness.compare(with: [])
        witness.noteUnreadable()
        #expect(witness.status.state == .contradicted)
        #expect(witness.status.report?.findings == [.contradicted(checkpointSize: 2)])
    }

    /// An older copy of the database is put under a server that runs.
    @Test func whatThisProcessHasSignedIsRememberedWithoutAnyFile() async throws {
        let world = try await World()
        _ = try await world.person()
        try await world.core.sequencer.catchUp()
        let head = try await world.database.read { try world.journal.treeHead(in: $0) }
        let later = try Checkpoint(
            signing: TreeHead(size: head.size + 50, rootHash: head.rootHash), origin: world.journal.origin,
            key: Ed25519SigningKey(seed: world.ring.stableKey("cloudspace journal signing")))
        world.core.witness.remember(later)
        let report = try await world.core.witness.compare(with: [])
        #expect(report.findings == [.truncated(checkpointSize: head.size + 50, leaves: head.size)])
    }
}
