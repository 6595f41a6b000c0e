import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct DestroyGenerationTests {
    private func destroy(_ number: Int, in world: World) async throws -> DestroyGeneration.Outcome {
        try await world.vault.destroyGeneration(number, as: .localOperator)
    }

    @Test func aGenerationThatNothingNeedsIsForgottenForGood() async throws {
        let world = try await World()
        let alex = try await world.person()
        let id = try await world.put("content", at: "a.txt", as: alex).node.id
        let old = try await world.database.read { snapshot in
            try snapshot.first("SELECT wrapped, space_id FROM file_keys WHERE owner_id = \(id)") { row in
                (WrappedKey(generation: 1, bytes: row.bytes(0)), SpaceID(row.uuid(1)))
            }
        }
        let (wrapped, space) = try #require(old)
        _ = try world.core.keyring.unwrapNodeKey(wrapped, node: id, space: space)
        try await world.rotate()
        world.clock.advance(seconds: 25 * 3_600)
        let outcome = try await destroy(1, in: world)
        #expect(outcome.isStored)
        #expect(world.ring.generations == [2])
        #expect(try FileKeyProvider(directory: world.keyDirectory).unlock().generations == [2])
        #expect(throws: CryptoError.unknownGeneration(1)) {
            try world.core.keyring.unwrapNodeKey(wrapped, node: id, space: space)
        }
        let again = try await world.another(keys: .reread)
        try await again.core.keyDistribution.settle()
        #expect(try await again.text(of: id, as: alex) == "content")
        #expect(try await world.details(of: .generationDestroyed) == [#"{"generation":1}"#])
        await #expect(throws: VaultError.keys(.generationDestroyed(1))) { try await destroy(1, in: world) }
        await again.close()
        await world.close()
    }

    @Test func nobodyIsSignedOutByARotationNorByItsEnd() async throws {
        let world = try await World()
        let account = try await world.vault.register(
            try Registration(
                firstName: "Alex", lastName: "Davidson", email: "a@example.com", password: World.password,
                role: .contributeur), from: .local)
        let old = try await world.vault.sessions.open(account.id, from: .local)
        world.clock.advance(seconds: 3_600)
        try await world.rotate()
        _ = try await world.vault.sessions.authenticate(old.token, from: .local)
        let until = Timestamp(milliseconds: World.start.milliseconds + 24 * 3_600 * 1_000)
        await #expect(throws: VaultError.keys(.signInsLast(until: until))) { try await destroy(1, in: world) }
        _ = try await world.vault.sessions.authenticate(old.token, from: .local)

        world.clock.advance(seconds: 22 * 3_600)
        let new = try await world.vault.sessions.open(account.id, from: .local)
        world.clock.advance(seconds: 2 * 3_600)
        _ = try await destroy(1, in: world)
        _ = try await world.vault.sessions.authenticate(new.token, from: .local)
        await #expect(throws: VaultError.notSignedIn) {
            try await world.vault.sessions.authenticate(old.token, from: .local)
        }
        await world.close()
    }

    @Test func whatIsNeededIsNotDestroyed() async throws {
        let world = try await World()
        await #expect(throws: VaultError.keys(.generationInUse(1))) { try await destroy(1, in: world) }
        await #expect(throws: VaultError.keys(.unknownGeneration(2))) { try await destroy(2, in: world) }
        _ = try await world.person()
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        await #expect(throws: VaultError.keys(.rotationUnderWay)) { try await destroy(1, in: world) }
        try await world.work()
        await #expect(throws: VaultError.keys(.generationInUse(2))) { try await destroy(2, in: world) }
        world.clock.advance(seconds: 25 * 3_600)
        // A row that came back, out of a backup of one table.
        try await world.run("UPDATE file_keys SET generation = 1")
        await #expect(throws: VaultError.keys(.generationNeeded(1, keys: 2))) { try await destroy(1, in: world) }
        #expect(world.ring.generations == [1, 2])
        await world.close()
    }

    @Test func aNodeThatDoesNotWrapWithTheActiveGenerationIsWaitedFor() async throws {
        let world = try await World()
        try await world.rotate()
        world.clock.advance(seconds: 25 * 3_600)
        let other = try await world.another(keys: .copied)
        try await other.core.membership.beat(label: "old", version: "0")
        await #expect(throws: VaultError.keys(.nodesBehind(1))) { try await destroy(1, in: world) }
        try await other.core.keyDistribution.round()
        _ = try await destroy(1, in: world)
        try await other.core.keyDistribution.round()
        #expect(other.ring.generations == [2], "every node forgets it")
        #expect(try FileKeyProvider(directory: other.keyDirectory).unlock().generations == [2])
        await other.close()
        await world.close()
    }

    @Test func aDestructionThatCouldNotBeStoredIsMadeUpFor() async throws {
        let world = try await World()
        try await world.rotate()
        world.clock.advance(seconds: 25 * 3_600)
        world.provider.failSaving()
        #expect(try await !destroy(1, in: world).isStored)
        #expect(try FileKeyProvider(directory: world.keyDirectory).unlock().generations == [1, 2])
        world.provider.heal()
        try await world.core.keyDistribution.round()
        #expect(world.ring.generations == [2])
        #expect(try FileKeyProvider(directory: world.keyDirectory).unlock().generations == [2])
        await world.close()
    }
}
