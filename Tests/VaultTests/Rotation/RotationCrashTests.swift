import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

/// A rotation that is cut off before each of its steps, and gone on with by a program that starts anew.
@Suite struct RotationCrashTests {
    @Test func everyStepIsGoneOnFrom() async throws {
        var step = 0
        var wasCutOff = true
        while wasCutOff {
            wasCutOff = try await cutOff(after: step)
            step += 1
        }
        #expect(step > 12, "each read and each write of a rotation in four batches")
    }

    /// - Returns: whether there was a step to be cut off at.
    private func cutOff(after calls: Int) async throws -> Bool {
        let world = try await World()
        let alex = try await world.person()
        let ids = try await (0..<6).asyncMap { try await world.put("content \($0)", at: "f\($0)", as: alex).node.id }
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        try await world.core.leases.round()
        let lease = try #require(world.core.leases.held[.rotation])
        world.faults.fail(after: calls)
        var wasCutOff = false
        do {
            try await RotationWork(world.core, batchLimit: 2).run(under: lease)
        } catch DatabaseError.unreachable {
            wasCutOff = true
        }
        world.faults.heal()
        try await world.core.leases.release()

        // What is in memory is gone; the ring is read again.
        let again = try await world.another(keys: .reread)
        try await again.core.keyDistribution.settle()
        let alexAgain = try await signIn(again)
        for (number, id) in ids.enumerated() {
            #expect(try await again.text(of: id, as: alexAgain) == "content \(number)", "cut off after \(calls)")
        }
        try await again.work(batch: 2)
        #expect(try await again.rotation().state == .completed, "cut off after \(calls)")
        #expect(try await again.keysByGeneration() == [2: 8], "cut off after \(calls)")
        for (number, id) in ids.enumerated() {
            #expect(try await again.text(of: id, as: alexAgain) == "content \(number)", "cut off after \(calls)")
        }
        #expect(try await again.details(of: .rotationStarted).count == 1)
        #expect(try await again.details(of: .rotationCompleted).count == 1)
        #expect(try await again.details(of: .rotationFailed).isEmpty)
        await again.close()
        await world.close()
        return wasCutOff
    }

    private func signIn(_ world: World) async throws -> Principal {
        let signIn = try await world.vault.sessions.logIn(
            email: "alex.davidson@example.com", password: World.password, from: .local)
        return try await world.vault.sessions.authenticate(try signIn.session.token, from: .local)
    }

    @Test func aRingThatWasSavedBeforeItsRotationWasRecordedIsUsed() async throws {
        let world = try await World()
        _ = try await world.vault.rotateKeys.start(as: .localOperator)
        // The ring is stored, and the program dies.
        try await world.core.keyDistribution.keeper?.change { (ring) throws(CryptoError) in ring.stage() }
        let again = try await world.another(keys: .reread)
        try await again.core.keyDistribution.settle()
        #expect(again.ring.generations == [1, 2])
        #expect(again.ring.activeGeneration == 1, "nothing is wrapped under what no other node has")
        try await again.work()
        #expect(try await again.rotation().state == .completed)
        #expect(again.ring.generations == [1, 2])
        await again.close()
        await world.close()
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
