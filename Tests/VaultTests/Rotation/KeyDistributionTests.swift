import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

/// Several nodes, each with a key directory of its own.
@Suite struct KeyDistributionTests {
    private func beat(_ worlds: World...) async throws {
        for world in worlds {
            try await world.core.membership.beat(label: "node \(world.core.membership.id)", version: "1")
        }
    }

    @Test(.enabled(if: TestEngine.dialect == .postgresql))
    func nothingIsWrappedBeforeEveryLivingNodeHoldsTheNewGeneration() async throws {
        let one = try await World()
        let two = try await one.another(keys: .copied)
        let alex = try await one.person()
        let id = try await one.put("content", at: "a.txt", as: alex).node.id
        try await beat(one, two)
        _ = try await one.vault.rotateKeys.start(as: .localOperator)
        try await one.work()
        let waiting = try await one.rotation()
        #expect(waiting.state == .distributing)
        #expect(waiting.problem?.obstacle == .waitingForNodes)
        #expect(waiting.problem?.detail.contains("\(two.core.membership.id)") == true)
        #expect(try await one.keysByGeneration() == [1: 3])
        let early = try await one.put("early", at: "b.txt", as: alex).node.id
        #expect(try await one.keysByGeneration() == [1: 4])

        try await two.core.keyDistribution.round()
        #expect(two.ring.generations == [1, 2])
        #expect(try FileKeyProvider(directory: two.keyDirectory).unlock().generations == [1, 2], "stored, too")
        try await one.work()
        let behind = try await one.rotation()
        #expect(behind.state == .rewrapping, "the other node still wraps under the old one")
        let late = try await two.put("late", at: "c.txt", as: alex).node.id
        try await two.core.keyDistribution.round()
        #expect(two.ring.activeGeneration == 2)
        try await one.work()
        #expect(try await one.rotation().state == .completed)
        #expect(try await one.keysByGeneration() == [2: 5])
        for world in [one, two] {
            #expect(try await world.text(of: id, as: alex) == "content")
            #expect(try await world.text(of: early, as: alex) == "early")
            #expect(try await world.text(of: late, as: alex) == "late")
        }
        await two.close()
        await one.close()
    }

    @Test(.enabled(if: TestEngine.dialect == .postgresql))
    func aNodeThatWasDownTakesTheNewRingAtItsStart() async throws {
        let one = try await World()
        let two = try await one.another(keys: .copied)
        let alex = try await one.person()
        let id = try await one.put("content", at: "a.txt", as: alex).node.id
        try await beat(one)
        try await one.rotate()
        try await two.core.keyDistribution.settle()
        #expect(two.ring.generations == [1, 2])
        #expect(try await two.text(of: id, as: alex) == "content")
        // A day later it is no longer handed on.
        one.clock.advance(seconds: 25 * 3_600)
        _ = try await one.vault.housekeeping.run()
        let handed = try await one.database.read { try $0.exists("SELECT 1 FROM key_ring_handover") }
        #expect(!handed)
        await two.close()
        await one.close()
    }

    @Test func aRingOlderThanTheDataIsRefusedByItsNumber() async throws {
        let one = try await World()
        let two = try await one.another(keys: .copied)
        try await one.rotate()
        try await one.run("DELETE FROM key_ring_handover")
        await #expect(throws: CryptoError.unknownGeneration(2)) { try await two.core.keyDistribution.settle() }
        await two.close()
        await one.close()
    }

    @Test(.enabled(if: TestEngine.dialect == .postgresql))
    func aHandedRingThatWasAlteredIsNotTaken() async throws {
        let one = try await World()
        let two = try await one.another(keys: .copied)
        try await one.rotate()
        let bytes = try await one.database.read { snapshot in
            try snapshot.first("SELECT sealed_ring FROM key_ring_handover") { $0.bytes(0) } ?? []
        }
        var altered = bytes
        altered[100] ^= 1
        let stored = altered
        try await one.run("UPDATE key_ring_handover SET sealed_ring = \(stored)")
        await #expect(throws: CryptoError.self) { try await two.core.keyDistribution.settle() }
        #expect(two.ring.generations == [1])
        #expect(try FileKeyProvider(directory: two.keyDirectory).unlock().generations == [1])
        await two.close()
        await one.close()
    }

    /// A machine that slept through the whole rotation and goes on with what it has in memory.
    @Test func nothingIsStoredUnderARetiredGeneration() async throws {
        let one = try await World()
        let sleeper = try await one.another(keys: .copied)
        let alex = try await one.person()
        _ = try await one.put("content", at: "a.txt", as: alex)
        try await one.rotate()
        #expect(sleeper.ring.activeGeneration == 1)
        await #expect(throws: VaultError.unavailable) {
            try await sleeper.vault.register(
                try Registration(
                    firstName: "Late", lastName: "Comer", email: "late@example.com", password: World.password,
                    role: .contributeur), from: .local)
        }
        #expect(try await one.keysByGeneration() == [2: 3])
        await sleeper.close()
        await one.close()
    }

    /// Two programs with one key directory, as a server and a command beside it.
    @Test func aServerTakesWhatACommandBesideItStored() async throws {
        let server = try await World()
        let command = try await server.another(keys: .reread)
        let alex = try await server.person()
        let id = try await server.put("content", at: "a.txt", as: alex).node.id
        try await command.rotate()
        try await server.core.keyDistribution.round()
        #expect(server.ring.activeGeneration == 2)
        #expect(try await server.text(of: id, as: alex) == "content")
        await command.close()
        await server.close()
    }
}
