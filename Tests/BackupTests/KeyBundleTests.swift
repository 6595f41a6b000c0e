import Backup
import BlobStore
import Crypto
import Database
import Foundation
import Testing
import Vault
import VaultTesting

/// The recovery key, and bundles that are sealed to it.
@Suite struct KeyBundleTests {
    private func bundles(_ place: ArchiveWorld) throws -> DirectoryArchiveStore {
        try DirectoryArchiveStore(directory: "\(place.directory.path)/bundles")
    }

    private func make(_ place: ArchiveWorld, into store: any ArchiveStore) async throws -> KeyBundleInfo {
        try await KeyBundleMaker(core: place.world.core, rows: place.world.database).run(into: store)
    }

    @Test func aRecoveryKeyComesBackFromItsTextWithAndWithoutAPassphrase() throws {
        let key = RecoverySecretKey()
        let plain = Array("# for people\n\(key.line)\n".utf8)
        #expect(try RecoverySecretKey(file: plain).publicKey == key.publicKey)
        let passphrase = SecretBytes(copying: Array("long enough".utf8))
        let locked = Array(try key.line(passphrase: passphrase, parameters: .insecureForTests).utf8)
        #expect(RecoverySecretKey.isLocked(file: locked))
        #expect(try RecoverySecretKey(file: locked, passphrase: passphrase).publicKey == key.publicKey)
        #expect(throws: RecoverySecretKey.FileFault.passphraseNeeded) { try RecoverySecretKey(file: locked) }
        #expect(throws: RecoverySecretKey.FileFault.passphraseWrong) {
            try RecoverySecretKey(file: locked, passphrase: SecretBytes(copying: Array("another".utf8)))
        }
        var typo = Array(key.line.utf8)
        typo[typo.count - 8] = typo[typo.count - 8] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(throws: RecoverySecretKey.FileFault.notAKey) { try RecoverySecretKey(file: typo) }
        #expect(RecoveryPublicKey(parsing: key.publicKey.text) == key.publicKey)
    }

    @Test func aBundleOpensWithItsKeyAloneAndHoldsEveryKeyAndTheRing() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        _ = try await place.put(10, "a.bin", as: alex)
        let store = try bundles(place)
        await #expect(throws: KeyBundleRefusal.noRecoveryKey) { _ = try await make(place, into: store) }
        let secret = RecoverySecretKey()
        let admin = try await place.world.person("Ada", "Min", role: .admin)
        _ = try await RecoveryKeys(place.world.vault).set(secret.publicKey, as: admin)
        let info = try await make(place, into: store)
        let file = try await store.reader(try #require(ArchiveName(info.name)))
        let bundle = try await OpenedKeyBundle.open(file, with: secret)
        #expect(bundle.ring.isKin(of: place.world.ring))
        let count = try await place.world.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM file_keys") { $0.integer(0) }
        }
        #expect(bundle.keys == count)
        await #expect(throws: KeyBundleRefusal.self) {
            _ = try await OpenedKeyBundle.open(file, with: RecoverySecretKey())
        }
        // Whatever byte is changed, it does not open to its end.
        let bytes = try await file.read(at: 0, count: Int(file.size))
        for offset in [16, 20, 40, 50, 90, 160, bytes.count / 2, bytes.count - 1] {
            var changed = bytes
            changed[offset] ^= 1
            await #expect(throws: KeyBundleRefusal.self, "byte \(offset)") {
                _ = try await OpenedKeyBundle.open(MemoryFile(changed), with: secret)
            }
        }
        await #expect(throws: KeyBundleRefusal.self) {
            _ = try await OpenedKeyBundle.open(MemoryFile(Array(bytes.dropLast(17))), with: secret)
        }
        let actions = try await place.world.database.read { snapshot in
            try snapshot.all("SELECT action FROM journal_events ORDER BY sequence") { $0.text(0) }
        }
        #expect(actions.contains("recovery_key_changed") && actions.contains("key_bundle_made"))
        await place.close()
    }

    @Test func onlyTheNewestIsKeptAndADestroyedKeyAsksForAnother() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person("Ada", "Min", role: .admin)
        let saved = try await place.put(40_000, "a.bin", as: alex)
        let maker = KeyBundleMaker(core: place.world.core, rows: place.world.database)
        #expect(try await !maker.isDue(), "there is no recovery key")
        let secret = RecoverySecretKey()
        _ = try await RecoveryKeys(place.world.vault).set(secret.publicKey, as: alex)
        #expect(try await maker.isDue())
        let store = try bundles(place)
        let first = try await maker.run(into: store)
        #expect(try await !maker.isDue())
        _ = try await place.world.vault.trash.put(saved.node.id, as: alex)
        _ = try await place.world.vault.purge(saved.node.id, as: alex)
        #expect(try await maker.isDue())
        place.world.clock.advance(seconds: 1)
        let second = try await maker.run(into: store)
        #expect(second.keys == first.keys - 1)
        #expect(try await store.list(prefix: "", after: nil, limit: 10).map(\.name.text) == [second.name])
        #expect(try await !maker.isDue())
        _ = try await RecoveryKeys(place.world.vault).set(RecoverySecretKey().publicKey, as: alex)
        #expect(try await maker.isDue())
        await place.close()
    }

    @Test func onlyWhoManagesKeysSetsTheRecoveryKey() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        await #expect(throws: VaultError.roleForbids(.manageKeys)) {
            _ = try await RecoveryKeys(place.world.vault).set(RecoverySecretKey().publicKey, as: alex)
        }
        await place.close()
    }
}

private struct MemoryFile: ArchiveFile {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var size: Int64 { Int64(bytes.count) }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        Array(bytes.dropFirst(Int(offset)).prefix(count))
    }
}
