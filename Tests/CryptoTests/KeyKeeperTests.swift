import Foundation
import Testing

@testable import Crypto

@Suite struct KeyKeeperTests {
    /// A key directory with a ring in it.
    private struct Keys {
        let directory: TemporaryDirectory
        let provider: FileKeyProvider
        let ring: KeyRing

        init(vaultID: UInt128 = 7) throws {
            directory = TemporaryDirectory()
            provider = FileKeyProvider(directory: directory.path + "/keys")
            ring = try provider.create(vaultID: vaultID)
        }

        var path: String { directory.path + "/keys" }

        func keeper() throws -> KeyKeeper { KeyKeeper(provider, ring: try provider.unlock(), directory: path) }
    }

    @Test func aChangeIsStoredBeforeTheRingInUseHasIt() async throws {
        let keys = try Keys()
        let keeper = try keys.keeper()
        try await keeper.change { ring throws(CryptoError) in ring.stage() }
        #expect(keeper.ring.generations == [1, 2])
        #expect(keeper.ring.activeGeneration == 1)
        #expect(try keys.provider.unlock().generations == [1, 2])
    }

    @Test func twoProcessesLoseNothingOfEachOthersChanges() async throws {
        let keys = try Keys()
        let (one, two) = (try keys.keeper(), try keys.keeper())
        try await withThrowingTaskGroup { group in
            for keeper in [one, two] {
                group.addTask {
                    for _ in 0..<10 { try await keeper.change { ring throws(CryptoError) in ring.addGeneration() } }
                }
            }
            try await group.waitForAll()
        }
        #expect(try keys.provider.unlock().generations == Array(1...21))
        try await one.refresh()
        #expect(one.ring.generations == Array(1...21))
    }

    @Test func aRingIsHandedToANodeWithTheSameKeyAndToNoOther() async throws {
        let keys = try Keys()
        let one = try keys.keeper()
        try await one.change { ring throws(CryptoError) in ring.stage() }
        let sealed = try await one.sealedRing()

        let copy = TemporaryDirectory()
        try KeyDirectory(path: copy.path).prepare()
        try copy.write(try Array(Data(contentsOf: URL(fileURLWithPath: keys.path + "/vault.key"))), "vault.key")
        let provider = FileKeyProvider(directory: copy.path)
        try provider.save(keys.ring)
        let two = KeyKeeper(provider, ring: try provider.unlock(), directory: copy.path)
        try await two.adopt(sealed)
        #expect(two.ring.generations == [1, 2])
        #expect(try provider.unlock().generations == [1, 2])

        let stranger = try Keys().keeper()
        await #expect(throws: CryptoError.self) { try await stranger.adopt(sealed) }
        var damaged = sealed
        damaged[damaged.count / 2] ^= 1
        await #expect(throws: CryptoError.self) { try await two.adopt(damaged) }
        await #expect(throws: CryptoError.self) { try await two.adopt([]) }
        #expect(two.ring.generations == [1, 2])
    }

    @Test func aForeignRingInTheDirectoryIsNeverTakenOver() async throws {
        let keys = try Keys()
        let other = try Keys()
        let keeper = KeyKeeper(other.provider, ring: keys.ring, directory: other.path)
        await #expect(throws: CryptoError.self) { try await keeper.refresh() }
        await #expect(throws: CryptoError.self) {
            try await keeper.change { ring throws(CryptoError) in ring.stage() }
        }
        #expect(try other.provider.unlock().generations == [1])
        #expect(!keys.ring.isKin(of: other.ring), "of one vault by its number, of two by their roots")
    }

    @Test func anOlderFileThatWasPutBackLosesNothing() async throws {
        let keys = try Keys()
        let keeper = try keys.keeper()
        try await keeper.change { ring throws(CryptoError) in ring.addGeneration() }
        try keys.provider.save(keys.ring)
        #expect(try keys.provider.unlock().generations == [1])
        try await keeper.change { ring throws(CryptoError) in ring.addGeneration() }
        #expect(try keys.provider.unlock().generations == [1, 2, 3])
    }
}
