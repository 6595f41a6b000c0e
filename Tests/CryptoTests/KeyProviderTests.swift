import Foundation
import Testing

@testable import Crypto

/// A directory of its own for one test, gone with it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "vault-crypto-" + Random.token(9)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func mode(_ name: String = "") throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
        return try #require(attributes[.posixPermissions] as? Int)
    }

    func setMode(_ mode: Int, _ name: String = "") throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
    }

    func read(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        try setMode(0o600, name)
    }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

private func provider(_ directory: TemporaryDirectory, passphrase: String) -> PassphraseKeyProvider {
    PassphraseKeyProvider(
        directory: directory.path, passphrase: SecretBytes(copying: Array(passphrase.utf8)),
        parameters: .insecureForTests)
}

/// The message of a `.keyFile` error, or what was thrown instead.
private func complaint(_ body: () throws(CryptoError) -> Void) -> String {
    do throws(CryptoError) {
        try body()
        return "no error"
    } catch {
        guard case .keyFile(let message) = error else { return "\(error)" }
        return message
    }
}

@Suite struct FileKeyProviderTests {
    let directory = TemporaryDirectory()
    var provider: FileKeyProvider { FileKeyProvider(directory: directory.path) }

    @Test func aNewRingUnlocksAgain() throws {
        #expect(!provider.exists())
        let ring = try provider.create(vaultID: 77)
        #expect(provider.exists())
        let again = try provider.unlock()
        #expect(again.vaultID == 77)
        #expect(again.generations == [1])
        let context = SealContext("file key", 5)
        let key = SealingKey.random()
        #expect(try again.unwrap(ring.wrap(key, context: context), context: context).bytesForTests == key.bytesForTests)
        #expect(again.stableKey("x").bytesForTests == ring.stableKey("x").bytesForTests)
        #expect(provider.problems.isEmpty)
    }

    @Test func theFilesAreTheOwnersAlone() throws {
        _ = try provider.create(vaultID: 1)
        #expect(try directory.mode() == 0o700)
        #expect(try directory.mode("vault.key") == 0o600)
        #expect(try directory.mode("ring.sealed") == 0o600)
        #expect(try directory.names() == ["ring.sealed", "vault.key"])
        #expect(try directory.read("vault.key").count == 32)
    }

    @Test func aSavedRotationIsThereAfterAStart() throws {
        let ring = try provider.create(vaultID: 1)
        let context = SealContext("file key", 5)
        let old = ring.wrap(.random(), context: context)
        ring.addGeneration()
        try provider.save(ring)
        let again = try provider.unlock()
        #expect(again.generations == [1, 2])
        #expect(again.activeGeneration == 2)
        _ = try again.unwrap(old, context: context)
        again.destroy(generation: 1)
        try provider.save(again)
        #expect(throws: CryptoError.unknownGeneration(1)) { try provider.unlock().unwrap(old, context: context) }
        #expect(try directory.names() == ["ring.sealed", "vault.key"])
    }

    @Test func anExistingRingIsNeverOverwritten() throws {
        _ = try provider.create(vaultID: 1)
        let before = try directory.read("ring.sealed")
        #expect(complaint { () throws(CryptoError) in _ = try provider.create(vaultID: 2) }.contains("there already"))
        #expect(try directory.read("ring.sealed") == before)
    }

    @Test func aKeyLeftByAnInterruptedStartIsUsed() throws {
        _ = try provider.create(vaultID: 1)
        let key = try directory.read("vault.key")
        try FileManager.default.removeItem(atPath: directory.file("ring.sealed"))
        _ = try provider.create(vaultID: 2)
        #expect(try directory.read("vault.key") == key)
        #expect(try provider.unlock().vaultID == 2)
    }

    @Test(arguments: ["vault.key", "ring.sealed"])
    func aFileOpenToOthersIsRefusedWithTheRemedy(_ name: String) throws {
        _ = try provider.create(vaultID: 1)
        try directory.setMode(0o644, name)
        let message = complaint { () throws(CryptoError) in _ = try provider.unlock() }
        #expect(message.contains("chmod 600 \(directory.file(name))"))
        #expect(provider.problems.count == 1)
        try directory.setMode(0o600, name)
        _ = try provider.unlock()
    }

    @Test func aDirectoryOfItsOwnIsClosedAndASharedOneIsLeft() throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try directory.setMode(0o755)
        try directory.write([], "README.md")
        _ = try provider.create(vaultID: 1)
        #expect(try directory.mode() == 0o700)
        let shared = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: shared.path, withIntermediateDirectories: true)
        try shared.setMode(0o755)
        try shared.write([], "somebody's file")
        _ = try FileKeyProvider(directory: shared.path).create(vaultID: 1)
        #expect(try shared.mode() == 0o755)
        #expect(FileKeyProvider(directory: shared.path).problems.count == 1)
    }

    @Test func directoriesAboveAreMadeToo() throws {
        let nested = FileKeyProvider(directory: directory.path + "/a/b/")
        _ = try nested.create(vaultID: 3)
        #expect(try nested.unlock().vaultID == 3)
        #expect(try directory.mode("a") == 0o700)
        #expect(
            complaint { () throws(CryptoError) in _ = try FileKeyProvider(directory: "").create(vaultID: 1) }
                != "no error")
    }

    @Test func anOpenDirectoryIsReported() throws {
        _ = try provider.create(vaultID: 1)
        try directory.setMode(0o755)
        #expect(
            provider.problems == [
                "\(directory.path) is open to other users (mode 755). Close it: chmod 700 \(directory.path)"
            ])
    }

    @Test func missingFilesAreNamedWithTheRemedy() throws {
        let nothing = complaint { () throws(CryptoError) in _ = try provider.unlock() }
        #expect(nothing.contains("keys init"))
        #expect(provider.problems.count == 1)
        _ = try provider.create(vaultID: 1)
        try FileManager.default.removeItem(atPath: directory.file("vault.key"))
        let message = complaint { () throws(CryptoError) in _ = try provider.unlock() }
        #expect(message.contains("vault.key is missing") && message.contains("backup"))
        #expect(provider.problems == [message])
    }

    @Test func truncatedFilesAreRefusedWithTheRemedy() throws {
        _ = try provider.create(vaultID: 1)
        let ring = try directory.read("ring.sealed")
        for count in [0, 7, 8, 40, 79, 80, ring.count - 1] {
            try directory.write(Array(ring.prefix(count)), "ring.sealed")
            #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("backup"))
        }
        try directory.write(ring, "ring.sealed")
        let key = try directory.read("vault.key")
        for count in [0, 1, 31] {
            try directory.write(Array(key.prefix(count)), "vault.key")
            #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("instead of 32"))
        }
        try directory.write(key + [10], "vault.key")
        #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("33 bytes"))
    }

    @Test func foreignFilesAreRefusedWithTheRemedy() throws {
        _ = try provider.create(vaultID: 1)
        let ring = try directory.read("ring.sealed")
        let stranger = TemporaryDirectory()
        _ = try FileKeyProvider(directory: stranger.path).create(vaultID: 1)
        try directory.write(try stranger.read("ring.sealed"), "ring.sealed")
        #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("do not belong together"))
        try directory.write(Array("-----BEGIN PRIVATE KEY-----\n".utf8) + Random.bytes(200), "ring.sealed")
        #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("not a whole key ring"))
        try directory.write([UInt8](repeating: 0, count: 1_000_000), "ring.sealed")
        #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("too big"))
        try directory.write(ring, "ring.sealed")
        _ = try provider.unlock()
    }

    @Test func somethingThatIsNoFileIsRefused() throws {
        _ = try provider.create(vaultID: 1)
        try FileManager.default.removeItem(atPath: directory.file("vault.key"))
        try FileManager.default.createDirectory(atPath: directory.file("vault.key"), withIntermediateDirectories: false)
        #expect(complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains("is not a file"))
    }

    @Test func noMessageHoldsKeyMaterial() throws {
        _ = try provider.create(vaultID: 1)
        let key = Hex.encode(try directory.read("vault.key"))
        try directory.write([UInt8](repeating: 0, count: 32), "vault.key")
        #expect(!complaint { () throws(CryptoError) in _ = try provider.unlock() }.contains(key))
    }
}

@Suite struct PassphraseKeyProviderTests {
    let directory = TemporaryDirectory()

    @Test func theRightPassphraseUnlocks() throws {
        let ring = try provider(directory, passphrase: "chaîne de bâtons").create(vaultID: 9)
        let again = try provider(directory, passphrase: "chaîne de bâtons").unlock()
        #expect(again.vaultID == 9)
        #expect(again.stableKey("x").bytesForTests == ring.stableKey("x").bytesForTests)
        #expect(try directory.names() == ["ring.sealed"])
        #expect(try directory.mode("ring.sealed") == 0o600)
    }

    @Test func anotherPassphraseDoesNot() throws {
        _ = try provider(directory, passphrase: "right").create(vaultID: 9)
        for wrong in ["Right", "right ", ""] {
            #expect(throws: CryptoError.passphraseWrong) { try provider(directory, passphrase: wrong).unlock() }
        }
    }

    @Test func aChangedHeaderDoesNotUnlock() throws {
        _ = try provider(directory, passphrase: "right").create(vaultID: 9)
        var file = try directory.read("ring.sealed")
        file[45] ^= 1  // the vault's id
        try directory.write(file, "ring.sealed")
        #expect(throws: CryptoError.passphraseWrong) { try provider(directory, passphrase: "right").unlock() }
    }

    @Test func anEmptyPassphraseIsRefused() {
        let message = complaint { () throws(CryptoError) in
            _ = try provider(directory, passphrase: "").create(vaultID: 9)
        }
        #expect(message.contains("empty passphrase"))
        #expect(!provider(directory, passphrase: "").exists())
    }

    @Test func everySavedRingHasASaltOfItsOwn() throws {
        let provider = provider(directory, passphrase: "right")
        let ring = try provider.create(vaultID: 9)
        let first = try directory.read("ring.sealed")
        ring.addGeneration()
        try provider.save(ring)
        let second = try directory.read("ring.sealed")
        #expect(first[24..<40] != second[24..<40])
        #expect(try provider.unlock().generations == [1, 2])
    }

    @Test func theWrongKindOfProviderSaysSo() throws {
        _ = try provider(directory, passphrase: "right").create(vaultID: 9)
        let file = FileKeyProvider(directory: directory.path)
        #expect(complaint { () throws(CryptoError) in _ = try file.unlock() }.contains("passphrase key provider"))
        let other = TemporaryDirectory()
        _ = try FileKeyProvider(directory: other.path).create(vaultID: 9)
        let passphrase = provider(other, passphrase: "right")
        #expect(complaint { () throws(CryptoError) in _ = try passphrase.unlock() }.contains("file key provider"))
    }

    @Test func theProviderIsBehindOneProtocol() throws {
        let providers: [any KeyProvider] = [provider(directory, passphrase: "right"), FileKeyProvider(directory: "/x")]
        #expect(providers.map(\.name) == ["passphrase", "file"])
    }
}
