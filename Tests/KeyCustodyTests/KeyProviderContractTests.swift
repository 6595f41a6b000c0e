import Crypto
import Foundation
import Synchronization
import Testing
import VaultTesting

/// What all providers have in common; those with a custodian outside are in suites of their own.
@Suite struct KeyProviderContractTests {
    @Test func aKeyFile() throws {
        try KeyProviderContract(
            "file", make: { FileKeyProvider(directory: $0) },
            stranger: { directory in
                // The same ring beside another key.
                let other = try TemporaryDirectory()
                _ = try FileKeyProvider(directory: other.path).create(vaultID: 1)
                let ring = try TemporaryDirectory()
                _ = try FileKeyProvider(directory: ring.path).create(vaultID: 1)
                let sealed = URL(fileURLWithPath: ring.path + "/ring.sealed")
                try Data(contentsOf: URL(fileURLWithPath: directory + "/ring.sealed")).write(to: sealed)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: sealed.path)
                return Kept(FileKeyProvider(directory: ring.path), ring)
            }
        ).check()
    }

    @Test func aPassphrase() throws {
        func provider(_ directory: String, _ text: String) -> PassphraseKeyProvider {
            PassphraseKeyProvider(
                directory: directory, passphrase: SecretBytes(copying: Array(text.utf8)), parameters: .insecureForTests)
        }
        try KeyProviderContract(
            "passphrase", make: { provider($0, "four words of mine") }, stranger: { provider($0, "three words") }
        ).check()
    }

    @Test func shares() throws {
        let kept = KeptShares()
        try KeyProviderContract(
            "shares", make: { try kept.provider($0) }, stranger: { SharesKeyProvider(directory: $0) }
        ).check()
    }

    @Test func aRingInAProgramsHandsIsTheSameForAllOfThem() throws {
        // From one lock to the next, in one directory; the vault's root stays.
        let directory = try TemporaryDirectory()
        let ring = try FileKeyProvider(directory: directory.path).create(vaultID: 4)
        let shares = try #require(SharesKeyProvider(directory: directory.path, threshold: 2, count: 2))
        try shares.adopt(ring)
        FileKeyProvider.removeKey(from: directory.path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["ring.sealed"])
        let opened = SharesKeyProvider(directory: directory.path)
        for share in shares.takeShares() { _ = try opened.add(share) }
        let passphrase = PassphraseKeyProvider(
            directory: directory.path, passphrase: SecretBytes(copying: [1, 2, 3]), parameters: .insecureForTests)
        try passphrase.save(try opened.unlock())
        let file = FileKeyProvider(directory: directory.path)
        try file.adopt(try passphrase.unlock())
        #expect(try file.unlock().stableKey("x").isSame(as: ring.stableKey("x")))
    }

    @Test func aPassphraseThatNobodyGaveIsAskedFor() throws {
        let directory = try TemporaryDirectory()
        let provider = PassphraseKeyProvider(directory: directory.path)
        #expect(throws: CryptoError.custody(.passphraseNeeded)) { try provider.create(vaultID: 1) }
        #expect(!provider.exists())
    }
}

/// A provider whose directory lives as long as it.
private struct Kept: KeyProvider {
    let inner: FileKeyProvider
    let directory: TemporaryDirectory

    init(_ inner: FileKeyProvider, _ directory: TemporaryDirectory) {
        self.inner = inner
        self.directory = directory
    }

    var name: String { inner.name }
    func create(vaultID: UInt128) throws(CryptoError) -> KeyRing { try inner.create(vaultID: vaultID) }
    func unlock() throws(CryptoError) -> KeyRing { try inner.unlock() }
    func exists() -> Bool { inner.exists() }
    func save(_ ring: KeyRing) throws(CryptoError) { try inner.save(ring) }
    func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] { try inner.seal(ring) }
    func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing { try inner.open(sealed) }
    func selfTest() throws(CryptoError) { try inner.selfTest() }
    var problems: [String] { inner.problems }
}

/// The shares of each ring that a test made, given to every provider for its directory.
private final class KeptShares: Sendable {
    private let shares = Mutex<[String: [KeyShare]]>([:])

    func provider(_ directory: String) throws -> any KeyProvider {
        let provider = try #require(SharesKeyProvider(directory: directory, threshold: 2, count: 3))
        if let known = shares.withLock({ $0[directory] }) {
            // A damaged ring takes no shares; what then opens it is for the test to see.
            for share in known.prefix(2) { _ = try? provider.add(share) }
        }
        return Keeping(inner: provider) { made in self.shares.withLock { $0[directory] = made } }
    }

    private struct Keeping: KeyProvider {
        let inner: SharesKeyProvider
        let keep: @Sendable ([KeyShare]) -> Void

        var name: String { inner.name }
        func create(vaultID: UInt128) throws(CryptoError) -> KeyRing {
            let ring = try inner.create(vaultID: vaultID)
            keep(inner.takeShares())
            return ring
        }
        func unlock() throws(CryptoError) -> KeyRing { try inner.unlock() }
        func exists() -> Bool { inner.exists() }
        func save(_ ring: KeyRing) throws(CryptoError) { try inner.save(ring) }
        func seal(_ ring: KeyRing) throws(CryptoError) -> [UInt8] { try inner.seal(ring) }
        func open(_ sealed: [UInt8]) throws(CryptoError) -> KeyRing { try inner.open(sealed) }
        func selfTest() throws(CryptoError) { try inner.selfTest() }
        var problems: [String] { inner.problems }
    }
}
