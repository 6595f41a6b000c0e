import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct AuditTests {
    @Test func everyActLeavesItsEventInOrder() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        let folder = try await world.vault.createFolder(try NodeName("Contrats"), in: nil, as: ada)
        let file = try await world.put("one", at: "ContratRH.pdf", in: folder.id, as: ada)
        try await world.put("two", at: "ContratRH.pdf", in: folder.id, as: ada)
        _ = try await world.text(of: file.node.id, as: ada)
        _ = try await world.vault.rename(file.node.id, to: try NodeName("RH.pdf"), as: ada)
        _ = try await world.vault.move(file.node.id, to: nil, as: ada)
        _ = try await world.vault.locks.toggle(file.node.id, as: ada)
        _ = try await world.vault.locks.toggle(file.node.id, as: ada)
        _ = try await world.vault.star.toggle(file.node.id, as: ada)
        _ = try await world.vault.trash.put(file.node.id, as: ada)
        _ = try await world.vault.trash.restore(file.node.id, as: ada)
        _ = try await world.vault.trash.put(file.node.id, as: ada)
        _ = try await world.vault.purge(file.node.id, as: ada)
        let entries = try await world.vault.auditTrail.entries(AuditFilter(), before: nil, limit: 100, as: ada).entries
        #expect(
            entries.reversed().map(\.row.event.action) == [
                "account_registered", "login_succeeded", "folder_created", "file_uploaded", "file_edited",
                "file_downloaded",
                "file_renamed", "file_moved", "file_locked", "file_unlocked", "file_starred", "file_trashed",
                "file_restored",
                "file_trashed", "file_deleted",
            ])
        await world.close()
    }

    @Test func namesAreReadableUntilTheDocumentIsShredded() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        let file = try await world.put("one", at: "ContratRH.pdf", as: ada)
        func uploaded() async throws -> AuditEntry? {
            let filter = AuditFilter(action: "file_uploaded", target: file.node.id.value)
            return try await world.vault.auditTrail.entries(filter, before: nil, limit: 1, as: ada).entries.first
        }
        #expect(try await uploaded()?.targetName == "ContratRH.pdf")
        #expect(try await uploaded()?.details == #"{"size":3}"#)
        _ = try await world.vault.trash.put(file.node.id, as: ada)
        _ = try await world.vault.purge(file.node.id, as: ada)
        let after = try #require(try await uploaded())
        #expect(after.targetName == nil)
        try await world.core.sequencer.catchUp()
        let proof = try await world.vault.auditTrail.inclusion(
            of: .sequence(after.row.sequence), treeSize: nil, as: ada)
        #expect(proof.proof.treeSize == proof.head.size)
        await world.close()
    }

    @Test func aRefusedActLeavesNoEventOfSuccess() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        try await world.put("x", at: "a.txt", as: ada)
        let file = try await world.put("x", at: "b.txt", as: ada)
        await #expect(throws: VaultError.nameTaken(isFolder: false)) {
            try await world.vault.rename(file.node.id, to: try NodeName("a.txt"), as: ada)
        }
        let filter = AuditFilter(action: "file_renamed")
        #expect(try await world.vault.auditTrail.entries(filter, before: nil, limit: 10, as: ada).entries.isEmpty)
        await world.close()
    }

    @Test func repeatedReadsAreOneEventAndACount() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", role: .admin)
        let file = try await world.put("x", at: "a.txt", as: ada)
        for _ in 0..<10 { _ = try await world.text(of: file.node.id, as: ada) }
        let filter = AuditFilter(action: "file_downloaded")
        func events() async throws -> [AuditEntry] {
            try await world.vault.auditTrail.entries(filter, before: nil, limit: 10, as: ada).entries
        }
        #expect(try await events().count == 1)
        world.clock.advance(seconds: 301)
        _ = try await world.text(of: file.node.id, as: ada)
        let all = try await events()
        #expect(all.count == 3)
        #expect(all.first?.details == #"{"repeats":9}"#)
        await world.close()
    }

    @Test func aFailedLoginIsJournalledWithoutTheGuess() async throws {
        let world = try await World()
        let ada = try await world.person("Ada", "Min", email: "ada@example.com", role: .admin)
        let origin = RequestOrigin(address: "203.0.113.9", requestID: nil)
        await #expect(throws: VaultError.wrongCredentials) {
            try await world.vault.sessions.logIn(email: "ada@example.com", password: "hunter2 hunter2", from: origin)
        }
        let filter = AuditFilter(action: "login_failed")
        let entries = try await world.vault.auditTrail.entries(filter, before: nil, limit: 10, as: ada).entries
        let event = try #require(entries.first?.row.event)
        #expect(event.outcome == .refused)
        #expect(event.targetID == ada.account.value)
        #expect(event.address == "203.0.113.9")
        await world.close()
    }
}
