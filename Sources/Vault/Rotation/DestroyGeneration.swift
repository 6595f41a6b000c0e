import Crypto
public import Database
import Journal

/// Forgets a generation of the master key for good: no copy of the data opens with what is left of it.
public struct DestroyGeneration: Sendable {
    let core: VaultCore

    public struct Outcome: Sendable, Equatable {
        public let generation: Int
        public let destroyedAt: Timestamp
        /// Whether the stored ring of this node is without it already; if not, every round of the job tries again.
        public let isStored: Bool
    }

    /// - Throws: `VaultError.keys` with what stands in the way.
    public func callAsFunction(_ generation: Int, as principal: Principal) async throws -> Outcome {
        try principal.require(.manageKeys)
        guard core.keyDistribution.keeper != nil else { throw VaultError.keys(.ringNotChangeable) }
        let moment = try await core.database.write { [core] transaction in
            try Self.demandUnneeded(generation, core, in: transaction)
            try transaction.run(
                "UPDATE key_generations SET destroyed_at = \(transaction.now) WHERE generation = \(generation)")
            // It holds the generation, sealed.
            try transaction.run("DELETE FROM key_ring_handover")
            try core.audit.record(
                .generationDestroyed, on: .system, actor: principal.isLocalOperator ? .system : .user,
                actorID: principal.isLocalOperator ? nil : principal.account.value, origin: principal.origin,
                plain: Array("{\"generation\":\(generation)}".utf8), in: transaction)
            return transaction.now
        }
        // Decided and durable; a ring that cannot be stored now is stored later, and `doctor` tells of it.
        let isStored = (try? await core.keyDistribution.round()) != nil
        await core.database.scrub()
        return Outcome(generation: generation, destroyedAt: moment, isStored: isStored)
    }

    private static func demandUnneeded(
        _ generation: Int, _ core: VaultCore, in transaction: borrowing Transaction
    ) throws {
        let ring = core.keyring.ring
        guard try RotationStore(ring: ring).current(in: transaction) == nil else {
            throw VaultError.keys(.rotationUnderWay)
        }
        let recorded = try RotationStore.generations(in: transaction)
        guard let row = recorded.first(where: { $0.number == generation }) else {
            throw VaultError.keys(
                generation == ring.activeGeneration ? .generationInUse(generation) : .unknownGeneration(generation))
        }
        guard row.destroyedAt == nil else { throw VaultError.keys(.generationDestroyed(generation)) }
        let active = recorded.last { $0.activatedAt != nil }?.number ?? ring.activeGeneration
        guard generation < active else { throw VaultError.keys(.generationInUse(generation)) }
        let keys = try transaction.first("SELECT COUNT(*) FROM file_keys WHERE generation = \(generation)") {
            $0.int(0)
        }
        guard let retiredAt = row.retiredAt, keys == 0 else {
            throw VaultError.keys(.generationNeeded(generation, keys: keys ?? 0))
        }
        let behind = try RotationStore.behind(active, wrapping: true, in: transaction)
        guard behind.isEmpty else { throw VaultError.keys(.nodesBehind(behind.count)) }
        // Tokens are signed under the generation of their day: they end by themselves, nobody is signed out.
        let lasting =
            try transaction.first(
                """
                SELECT MAX(expires_at) FROM sessions
                WHERE created_at <= \(retiredAt) AND expires_at > \(transaction.now) AND revoked_at IS NULL
                """
            ) { $0.optionalTimestamp(0) } ?? nil
        if let lasting { throw VaultError.keys(.signInsLast(until: lasting)) }
    }
}
