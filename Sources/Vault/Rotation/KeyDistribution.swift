import Crypto
import Database
import Synchronization

/// Keeps this node's key ring in step with what the database says: takes over new generations, wraps with the active one,
/// forgets the destroyed ones, and tells the other nodes what it holds.
public final class KeyDistribution: Sendable {
    /// How long a sealed ring stays in the database at least, for nodes that were down meanwhile; in milliseconds.
    static let handoverKept: Int64 = 24 * 3_600 * 1_000

    private let database: any Database
    private let ring: KeyRing
    private let node: ClusterNodeID
    /// Nil where nobody can change the stored ring: then only what is in memory follows.
    let keeper: KeyKeeper?
    private let told = Mutex<Told?>(nil)

    private struct Told: Equatable, Sendable {
        let holds: Int
        let wraps: Int
    }

    init(database: any Database, ring: KeyRing, node: ClusterNodeID, keeper: KeyKeeper?) {
        self.database = database
        self.ring = ring
        self.node = node
        self.keeper = keeper
    }

    /// Brings the ring up to date; called before anything is opened, and by every round.
    /// - Returns: whether there ever was a rotation.
    /// - Throws: `CryptoError.unknownGeneration` when the ring is older than the data and nobody handed on a newer one.
    @discardableResult
    public func settle() async throws -> Bool {
        let recorded = try await database.read { snapshot in try RotationStore.generations(in: snapshot) }
        guard !recorded.isEmpty else { return false }
        try await takeOver(recorded.filter { $0.destroyedAt == nil }.map(\.number))
        if let active = recorded.last(where: { $0.activatedAt != nil })?.number, active > ring.activeGeneration {
            try ring.activate(active)
            // So that the stored ring says so, too. Nothing depends on it: the database is asked first.
            try? await keeper?.change { _ throws(CryptoError) in }
        }
        try await forget(recorded.filter { $0.destroyedAt != nil }.map(\.number))
        return true
    }

    /// One look at the database, and an answer in it when something changed.
    public func round() async throws {
        guard try await settle() else { return }
        let state = Told(holds: ring.generations.last ?? 0, wraps: ring.activeGeneration)
        guard told.withLock({ $0 }) != state else { return }
        try await database.write { [node] transaction in
            try transaction.run(
                """
                INSERT INTO key_holders (node_id, holds, wraps, updated_at)
                VALUES (\(node), \(state.holds), \(state.wraps), \(transaction.now))
                ON CONFLICT (node_id) DO UPDATE
                SET holds = excluded.holds, wraps = excluded.wraps, updated_at = excluded.updated_at
                """)
        }
        told.withLock { $0 = state }
    }

    private func missing(of live: [Int]) -> Int? { live.first { !ring.holds(generation: $0) } }

    /// First what lies in this node's own key directory, then what another node handed on.
    private func takeOver(_ live: [Int]) async throws {
        guard let lacking = missing(of: live) else { return }
        guard let keeper else { throw CryptoError.unknownGeneration(lacking) }
        try await keeper.refresh()
        guard missing(of: live) != nil else { return }
        let handed = try await database.read { snapshot in
            try snapshot.first("SELECT sealed_ring FROM key_ring_handover") { $0.bytes(0) }
        }
        if let handed { try await keeper.adopt(handed) }
        if let still = missing(of: live) { throw CryptoError.unknownGeneration(still) }
    }

    private func forget(_ destroyed: [Int]) async throws {
        let held = destroyed.filter { ring.holds(generation: $0) }
        guard !held.isEmpty, let keeper else { return }
        try await keeper.change { (ring) throws(CryptoError) in
            for generation in held { ring.destroy(generation: generation) }
        }
    }

    /// Removes a handed ring that every living node had time to take, and what silent nodes said.
    static func expire(in transaction: borrowing Transaction) throws {
        let cutoff = transaction.now.milliseconds - handoverKept
        try transaction.run(
            """
            DELETE FROM key_ring_handover
            WHERE created_at < \(cutoff) AND NOT EXISTS (SELECT 1 FROM key_rotations WHERE finished_at IS NULL)
            """)
        try transaction.run(
            """
            DELETE FROM key_holders
            WHERE NOT EXISTS (SELECT 1 FROM cluster_nodes c WHERE c.id = key_holders.node_id)
            """)
    }
}
