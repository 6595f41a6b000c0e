import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct RotationTests {
    /// Two people with some files.
    private func drive(_ world: World, files: Int = 5) async throws -> (alex: Principal, ids: [NodeID]) {
        let alex = try await world.person()
        _ = try await world.person("Sarah", "Miller")
        var ids: [NodeID] = []
        for number in 0..<files {
            ids.append(try await world.put("content \(number)", at: "f\(number).txt", as: alex).node.id)
        }
        return (alex, ids)
    }

    private func expectReadable(_ world: World, _ ids: [NodeID], as alex: Principal) async throws {
        for (number, id) in ids.enumerated() {
            #expect(try await world.text(of: id, as: alex) == "content \(number)")
        }
    }

    @Test func everyKeyIsWrappedAnewAndThatIsProvedInTheJournal() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world)
        let before = try await world.keysByGeneration()
        #expect(before == [1: 9], "two people, two roots, five files")
        let rotation = try await world.rotate()
        #expect(rotation.state == .completed)
        #expect((rotation.from, rotation.to) == (1, 2))
        #expect((rotation.done, rotation.total) == (9, 9))
        #expect(rotation.finishedAt != nil)
        #expect(try await world.keysByGeneration() == [2: 9])
        try await expectReadable(world, ids, as: alex)
        #expect(world.ring.activeGeneration == 2)
        #expect(try FileKeyProvider(directory: world.keyDirectory).unlock().activeGeneration == 2)

        let started = try await world.details(of: .rotationStarted)
        #expect(started == [#"{"rotation":"\#(rotation.id)","from":1,"to":2,"rate":null}"#])
        let completed = try #require(try await world.details(of: .rotationCompleted).first)
        #expect(completed.contains(#""rewrapped":9,"keys":{"2":9},"older":0,"digest":""#))
        #expect(!completed.contains(String(repeating: "0", count: 64)))
        _ = try await world.put("new", at: "new.txt", as: alex)
        #expect(try await world.keysByGeneration() == [2: 10])
        await world.close()
    }

    @Test func batchesAreBoundedAndTogetherTheyAreAll() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world)
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        try await world.work(batch: 2)
        #expect(try await world.rotation().done == 9)
        #expect(try await world.keysByGeneration() == [2: 9])
        try await expectReadable(world, ids, as: alex)
        #expect(try await world.rotate().to == 3, "and again")
        #expect(try await world.keysByGeneration() == [3: 9])
        await world.close()
    }

    @Test func anEmptyVaultIsRotatedToo() async throws {
        let world = try await World()
        let rotation = try await world.rotate()
        #expect(rotation.state == .completed)
        #expect(rotation.done == 0)
        await world.close()
    }

    @Test func oneRotationAtATime() async throws {
        let world = try await World()
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        await #expect(throws: VaultError.keys(.rotationUnderWay)) {
            try await world.vault.rotateKeys.start(as: .localOperator)
        }
        try await world.work()
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        await world.close()
    }

    @Test(arguments: [Role.contributeur, .lecteur, .auditeur])
    func onlyAdministratorsTouchTheKeys(role: Role) async throws {
        let world = try await World()
        let person = try await world.person(role: role)
        let keys = world.vault.rotateKeys
        await #expect(throws: VaultError.roleForbids(.manageKeys)) { try await keys.start(as: person) }
        await #expect(throws: VaultError.roleForbids(.manageKeys)) { try await keys.pause(as: person) }
        await #expect(throws: VaultError.roleForbids(.manageKeys)) { try await keys.resume(as: person) }
        await #expect(throws: VaultError.roleForbids(.manageKeys)) { try await keys.status(as: person) }
        await #expect(throws: VaultError.roleForbids(.manageKeys)) { try await keys.latest(as: person) }
        await #expect(throws: VaultError.roleForbids(.manageKeys)) {
            try await world.vault.destroyGeneration(1, as: person)
        }
        #expect(try await keys.latest(as: .localOperator) == nil)
        await world.close()
    }

    @Test(arguments: [0, -1, 1_000_001, Int.max, Int.min])
    func oddRatesAreRefused(rate: Int) async throws {
        let world = try await World()
        await #expect(throws: VaultError.invalid(field: "rate", .malformed)) {
            try await world.vault.rotateKeys.start(rate: rate, as: .localOperator)
        }
        #expect(try await world.vault.rotateKeys.latest(as: .localOperator) == nil)
        await world.close()
    }

    @Test func theReasonIsSealed() async throws {
        let world = try await World()
        let reason = "an administrator left"
        let rotation = try await world.vault.rotateKeys.start(reason: reason, as: .localOperator)
        #expect(rotation.reason == reason)
        let stored = try await world.database.read { snapshot in
            try snapshot.first("SELECT sealed_reason FROM key_rotations") { $0.bytes(0) }
        }
        #expect(!String(decoding: stored ?? [], as: UTF8.self).contains("administrator"))
        let long = String(repeating: "a", count: 501)
        try await world.work()
        await #expect(throws: VaultError.invalid(field: "reason", .tooLong(maximum: 500))) {
            try await world.vault.rotateKeys.start(reason: long, as: .localOperator)
        }
        await world.close()
    }

    @Test func aRingThatCannotBeSavedEndsTheRotationWithNothingChanged() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world)
        world.provider.failSaving()
        let failed = try await world.rotate()
        #expect(failed.state == .failed)
        #expect(failed.problem?.obstacle == .ringNotSaved)
        #expect(try await world.keysByGeneration() == [1: 9])
        #expect(world.ring.generations == [1])
        #expect(try await world.details(of: .rotationFailed).count == 1)
        #expect(try await world.database.read { try RotationStore.generations(in: $0) } == [])
        world.provider.heal()
        #expect(try await world.rotate().state == .completed)
        try await expectReadable(world, ids, as: alex)
        await world.close()
    }

    @Test func aHaltedRotationWaitsAndGoesOnWhereItWas() async throws {
        let world = try await World()
        _ = try await drive(world)
        let keys = world.vault.rotateKeys
        await #expect(throws: VaultError.keys(.noRotation)) { try await keys.pause(as: .localOperator) }
        _ = try await keys.start(as: .localOperator)
        await #expect(throws: VaultError.keys(.notPaused)) { try await keys.resume(as: .localOperator) }
        #expect(try await keys.pause(as: .localOperator).isPaused)
        await #expect(throws: VaultError.keys(.alreadyPaused)) { try await keys.pause(as: .localOperator) }
        try await world.work()
        #expect(try await world.keysByGeneration() == [1: 9])
        #expect(try await keys.resume(rate: .some(1_000_000), as: .localOperator).rate == 1_000_000)
        try await world.work()
        #expect(try await world.rotation().state == .completed)
        #expect(try await world.details(of: .rotationPaused).count == 1)
        #expect(try await world.details(of: .rotationResumed).count == 1)
        await world.close()
    }

    @Test func aKindOfKeyThatIsNotKnownIsNotPassedOver() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world)
        try await world.run(
            """
            INSERT INTO file_keys (owner_id, owner_kind, space_id, generation, wrapped, created_at, wrapped_at)
            SELECT \(UInt128(7)), 99, space_id, generation, wrapped, created_at, wrapped_at
            FROM file_keys WHERE owner_id = \(ids[0])
            """)
        let halted = try await world.rotate()
        #expect(halted.isPaused)
        #expect(halted.problem == Rotation.Problem(obstacle: .unknownKind, detail: "99"))
        #expect(try await world.details(of: .rotationPaused).first?.contains("unknown_kind") == true)
        try await expectReadable(world, ids, as: alex)
        try await world.run("DELETE FROM file_keys WHERE owner_kind = 99")
        _ = try await world.vault.rotateKeys.resume(as: .localOperator)
        try await world.work()
        #expect(try await world.rotation().state == .completed)
        await world.close()
    }

    @Test func aKeyThatDoesNotOpenIsNotPassedOver() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world)
        let good = try await world.database.read { snapshot in
            try snapshot.first("SELECT wrapped FROM file_keys WHERE owner_id = \(ids[2])") { $0.bytes(0) } ?? []
        }
        var bad = good
        bad[40] ^= 1
        let (owner, altered) = (ids[2], bad)
        try await world.run("UPDATE file_keys SET wrapped = \(altered) WHERE owner_id = \(owner)")
        let halted = try await world.rotate()
        #expect(halted.problem == Rotation.Problem(obstacle: .unreadableKey, detail: ids[2].description))
        try await world.run("UPDATE file_keys SET wrapped = \(good) WHERE owner_id = \(owner)")
        _ = try await world.vault.rotateKeys.resume(as: .localOperator)
        try await world.work()
        #expect(try await world.rotation().state == .completed)
        try await expectReadable(world, ids, as: alex)
        await world.close()
    }

    @Test func aKeyThatIsShreddedMeanwhileStaysShredded() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world)
        let rows = try await world.database.read { try KeyBatch.rows(notUnder: 2, after: nil, limit: 100, in: $0) }
        #expect(rows.count == 9)
        world.ring.addGeneration()
        let batch = try #require(try KeyBatch(wrapping: rows, under: 2, with: world.core.keyring))
        _ = try await world.vault.trash.put(ids[0], as: alex)
        _ = try await world.vault.purge(ids[0], as: alex)
        #expect(try await world.database.write { try batch.store(in: $0) } == 8)
        #expect(try await world.keysByGeneration() == [2: 8])
        await world.close()
    }

    @Test func peopleWorkWhileItRuns() async throws {
        let world = try await World()
        let (alex, ids) = try await drive(world, files: 30)
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        try await withThrowingTaskGroup { group in
            group.addTask { try await world.work(batch: 1) }
            for writer in 0..<3 {
                group.addTask {
                    for number in 0..<15 {
                        let id = try await world.put("w\(writer) \(number)", at: "w\(writer)-\(number)", as: alex).node
                            .id
                        _ = try await world.text(of: id, as: alex)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await world.rotation().state == .completed)
        #expect(try await world.keysByGeneration() == [2: 34 + 45])
        try await expectReadable(world, ids, as: alex)
        await world.close()
    }

    @Test func whoLostTheLeaseChangesNothing() async throws {
        let world = try await World()
        _ = try await drive(world)
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        try await world.core.leases.round()
        let stale = Lease(name: .rotation, term: 99)
        await #expect(throws: LeaseLost.self) { try await RotationWork(world.core).run(under: stale) }
        #expect(try await world.keysByGeneration() == [1: 9])
        #expect(try await world.rotation().state == .requested)
        try await world.work()
        #expect(try await world.rotation().state == .completed)
        await world.close()
    }

    @Test func theRateIsKept() {
        let pace = RotationPace(rate: 1_000)
        #expect(pace.batchSize == 250)
        #expect(pace.rest(after: 250, took: .milliseconds(50)) == .milliseconds(200))
        #expect(pace.rest(after: 250, took: .milliseconds(900)) == .zero)
        #expect(RotationPace(rate: 1).batchSize == 1)
        #expect(RotationPace(rate: 1_000_000).batchSize == KeyBatch.size)
        #expect(RotationPace(rate: nil).rest(after: 500, took: .milliseconds(8)) == .milliseconds(4))
    }
}
