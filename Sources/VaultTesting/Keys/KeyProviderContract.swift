package import Crypto
import FoundationEssentials
import Testing

/// What every key provider does, whatever unlocks its ring.
package struct KeyProviderContract {
    private let word: String
    private let make: (_ directory: String) throws -> any KeyProvider
    private let stranger: (_ directory: String) throws -> any KeyProvider

    /// - Parameters:
    ///   - word: the provider's name.
    ///   - make: a provider for the ring in a directory, which may be there already, with all it takes to open it.
    ///   - stranger: one of the same kind that must not open that ring: with another passphrase, another key.
    package init(
        _ word: String, make: @escaping (_ directory: String) throws -> any KeyProvider,
        stranger: @escaping (_ directory: String) throws -> any KeyProvider
    ) {
        self.word = word
        self.make = make
        self.stranger = stranger
    }

    private static let ring = "ring.sealed"

    /// All of it.
    package func check() throws {
        try aRingUnlocksAgain()
        try aSavedRingReplacesTheOldOne()
        try anExistingRingIsKept()
        try strangersDoNotOpenIt()
        try everyByteCounts()
        try aRingOfAnotherVaultIsNoneOfThisOne()
        try make(directory().path).selfTest()
    }

    private func directory() throws -> TemporaryDirectory { try TemporaryDirectory() }

    private func aRingUnlocksAgain() throws {
        let place = try directory()
        let provider = try make(place.path + "/keys")
        #expect(provider.name == word)
        #expect(!provider.exists())
        let ring = try provider.create(vaultID: 77)
        #expect(provider.exists())
        let again = try make(place.path + "/keys").unlock()
        #expect(again.vaultID == 77)
        #expect(again.stableKey("x").isSame(as: ring.stableKey("x")))
        let context = SealContext("file key", 5)
        _ = try again.unwrap(ring.wrap(.random(), context: context), context: context)
        #expect(provider.problems.isEmpty)
        #expect(try RingInspection(directory: place.path + "/keys").provider == word)
    }

    private func aSavedRingReplacesTheOldOne() throws {
        let place = try directory()
        let ring = try make(place.path + "/keys").create(vaultID: 1)
        let provider = try make(place.path + "/keys")
        let opened = try provider.unlock()
        opened.addGeneration()
        let before = try bytes(place)
        try provider.save(opened)
        #expect(try bytes(place) != before)
        let again = try make(place.path + "/keys").unlock()
        #expect(again.generations == [1, 2])
        #expect(again.stableKey("x").isSame(as: ring.stableKey("x")))
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path + "/keys")
        #expect(Set(names).isSubset(of: [Self.ring, "vault.key"]), "nothing is left behind: \(names)")
    }

    private func anExistingRingIsKept() throws {
        let place = try directory()
        _ = try make(place.path + "/keys").create(vaultID: 1)
        let before = try bytes(place)
        #expect(throws: CryptoError.self) { try make(place.path + "/keys").create(vaultID: 2) }
        #expect(try bytes(place) == before)
    }

    private func strangersDoNotOpenIt() throws {
        let place = try directory()
        _ = try make(place.path + "/keys").create(vaultID: 1)
        let before = try bytes(place)
        let error = #expect(throws: CryptoError.self) { try stranger(place.path + "/keys").unlock() }
        #expect(error != .openFailed, "in words for an operator")
        #expect(try bytes(place) == before)
        _ = try make(place.path + "/keys").unlock()
    }

    /// Each byte of the file, changed, keeps it shut, and so does each end that is missing.
    private func everyByteCounts() throws {
        let place = try directory()
        _ = try make(place.path + "/keys").create(vaultID: 1)
        let whole = try bytes(place)
        let provider = try make(place.path + "/keys")
        // Asking a service for each of many hundred bytes takes too long: all of the header's first part, and samples behind.
        let positions = Array(0..<32) + stride(from: 32, to: whole.count, by: 13) + [whole.count - 1]
        for position in positions {
            var changed = whole
            changed[position] ^= 0x20
            try write(changed, place)
            #expect(throws: CryptoError.self, "byte \(position)") { try make(place.path + "/keys").unlock() }
        }
        for count in [0, 7, 8, 31, 32, 40, 79, whole.count - 1] {
            try write(Array(whole.prefix(count)), place)
            #expect(throws: CryptoError.self, "\(count) bytes") { try make(place.path + "/keys").unlock() }
        }
        try write(whole + [0], place)
        #expect(throws: CryptoError.self) { try make(place.path + "/keys").unlock() }
        try write(whole, place)
        _ = try make(place.path + "/keys").unlock()
        _ = provider
    }

    private func aRingOfAnotherVaultIsNoneOfThisOne() throws {
        let (one, other) = (try directory(), try directory())
        _ = try make(one.path + "/keys").create(vaultID: 1)
        _ = try make(other.path + "/keys").create(vaultID: 2)
        var foreign = try bytes(other)
        #expect(RingFormat.vault(in: foreign) == 2)
        // The right key, and the header says another vault.
        RingFormat.setVault(3, in: &foreign)
        try write(foreign, other)
        #expect(throws: CryptoError.self) { try make(other.path + "/keys").unlock() }
    }

    private func bytes(_ place: TemporaryDirectory) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: "\(place.path)/keys/\(Self.ring)")))
    }

    private func write(_ bytes: [UInt8], _ place: TemporaryDirectory) throws {
        try Data(bytes).write(to: URL(filePath: "\(place.path)/keys/\(Self.ring)"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: "\(place.path)/keys/\(Self.ring)")
    }
}

/// Where a ring's header has the vault's last byte (docs/formats/key-ring.md).
private enum RingFormat {
    private static func offset(_ bytes: [UInt8]) -> Int { bytes[7] == 1 ? 55 : 31 }

    static func vault(in bytes: [UInt8]) -> UInt8 { bytes[offset(bytes)] }
    static func setVault(_ id: UInt8, in bytes: inout [UInt8]) { bytes[offset(bytes)] = id }
}
