import Crypto
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct UploadReceiptTests {
    private func save(_ world: World, _ text: String, key: String? = nil, as person: Principal) async throws
        -> SavedContent
    {
        try await world.vault.save(
            SaveRequest(
                target: .place(parent: nil, name: try NodeName("scan.pdf"), conflict: .version), idempotencyKey: key,
                deletesAfterUpload: true),
            .bytes(Array(text.utf8)), as: person)
    }

    @Test func aReceiptSaysWhatIsStored() async throws {
        let world = try await World()
        let alex = try await world.person()
        let saved = try await save(world, "the scan", as: alex)
        let key = try world.core.receipts.verifierKey()
        let receipt = try UploadReceipt(opening: try #require(saved.receipt), key: key)
        #expect(receipt.file == saved.node.id)
        #expect(receipt.version == 1)
        #expect(receipt.size == 8)
        #expect(receipt.sha256 == SHA256Hash.of(Array("the scan".utf8)))
        #expect(receipt.storedAt.seconds == saved.version.createdAt.seconds)
        #expect(key.name.hasSuffix("/receipts"))
        await world.close()
    }

    @Test func nobodyGetsAReceiptUnasked() async throws {
        let world = try await World()
        let alex = try await world.person()
        #expect(try await world.put("x", at: "a.txt", as: alex).receipt == nil)
        await world.close()
    }

    @Test func aRetriedUploadGetsTheReceiptOfTheFirst() async throws {
        let world = try await World()
        let alex = try await world.person()
        let first = try await save(world, "the scan", key: "k", as: alex)
        world.clock.advance(seconds: 60)
        let second = try await save(world, "the scan", key: "k", as: alex)
        #expect(second.replayed)
        #expect(second.receipt == first.receipt)
        await world.close()
    }

    @Test func aReceiptCanBeHadLaterByWhoMayRead() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Other")
        let saved = try await save(world, "the scan", as: alex)
        #expect(try await world.vault.issueReceipt(saved.node.id, version: 1, as: alex) == saved.receipt)
        await #expect(throws: VaultError.self) {
            try await world.vault.issueReceipt(saved.node.id, version: 1, as: sam)
        }
        await #expect(throws: VaultError.notFound(.version)) {
            try await world.vault.issueReceipt(saved.node.id, version: 2, as: alex)
        }
        await world.close()
    }

    @Test func theJournalTellsThatTheClientsCopyGoes() async throws {
        let world = try await World()
        let alex = try await world.person()
        let auditor = try await world.person("Au", "Ditor", role: .auditeur)
        let saved = try await save(world, "one", as: alex)
        _ = try await save(world, "two", as: alex)
        _ = try await world.vault.issueReceipt(saved.node.id, version: 1, as: alex)
        let filter = AuditFilter(target: saved.node.id.value)
        let entries = try await world.vault.auditTrail.entries(filter, before: nil, limit: 10, as: auditor).entries
        #expect(entries.map(\.row.event.action) == ["receipt_issued", "file_edited", "file_uploaded"])
        #expect(entries[1].details == #"{"version":2,"delete_after_upload":true}"#)
        #expect(entries[2].details == #"{"size":3,"delete_after_upload":true}"#)
        await world.close()
    }

    /// Whatever is changed in it, and wherever, a receipt is not good any more.
    @Test func aChangedReceiptIsRefused() async throws {
        let world = try await World()
        let alex = try await world.person()
        let note = try #require(try await save(world, "the scan", as: alex).receipt)
        let key = try world.core.receipts.verifierKey()
        let bytes = Array(note.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            guard let text = String(validating: changed, as: UTF8.self) else { continue }
            #expect(throws: JournalError.self, "byte \(index)") { try UploadReceipt(opening: text, key: key) }
        }
        await world.close()
    }

    /// Signed by the right key, and still no receipt: no other text may pass for one.
    @Test(arguments: [
        "cloudspace-receipt/v1\n", "cloudspace-receipt/v2\n$", "$x\n", "\n$",
        "cloudspace-receipt/v1\nfile 0\nversion 1\nsize 1\nsha256 00\nstored 2026-01-01T00:00:00Z\n",
    ])
    func whatIsNoReceiptIsRefusedThoughItIsSigned(_ form: String) async throws {
        let made = Ed25519SigningKey(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32)))
        let signing = try #require(made)
        let good = """
            cloudspace-receipt/v1
            file 01928a7e-5c00-7000-8000-000000000067
            version 3
            size 1234
            sha256 \(String(repeating: "ab", count: 32))
            stored 2026-11-21T20:15:00Z

            """
        let key = try NoteVerifierKey(name: "vault/receipts", publicKey: signing.publicKey)
        let note = try SignedNote(signing: good, name: "vault/receipts", key: signing).note
        #expect(try UploadReceipt(opening: note, key: key).version == 3)
        let text = form.replacing("$", with: good)
        let forged = try SignedNote(signing: text, name: "vault/receipts", key: signing).note
        #expect(throws: JournalError.malformedNote) { try UploadReceipt(opening: forged, key: key) }
        for (old, new) in [
            ("version 3", "version 03"), ("version 3", "version +3"), ("version 3", "version 0"),
            ("size 1234", "size -1"),
            ("size 1234", "size 12 "), ("abab", "ABab"), ("file ", "file  "), (":00Z", ":00.5Z"),
        ] {
            let forged = try SignedNote(
                signing: good.replacing(old, with: new, maxReplacements: 1), name: "vault/receipts", key: signing
            ).note
            #expect(throws: JournalError.malformedNote, "\(new)") { try UploadReceipt(opening: forged, key: key) }
        }
    }
}
