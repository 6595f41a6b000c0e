import Crypto
import Database
import Journal

/// Does what a rotation consists of, step by step. Each step is one transaction or one durable change of the stored ring, and
/// each may be the last one before the program is killed: the next holder of the lease goes on from what the rows say.
///
/// 1. The new generation is stored in the key ring, unused. 2. It is recorded, and the sealed ring handed to the other nodes.
/// 3. When every living node holds it, it is activated. 4. Rows are wrapped anew. 5. When every node wraps with it, older
/// generations are retired: from then on no row can be stored under them. 6. The rows are counted; when none is left, the
/// rotation is completed in that same transaction.
public struct RotationWork: Sendable {
    let core: VaultCore
    let leases: Leases
    /// Most rows of one batch.
    let batchLimit: Int

    /// - Parameter leases: those of the lease that `run` is given; the node's own when `nil`.
    public init(_ core: VaultCore, leases: Leases? = nil) {
        self.init(core, leases: leases, batchLimit: KeyBatch.size)
    }

    init(_ core: VaultCore, leases: Leases? = nil, batchLimit: Int) {
        self.core = core
        self.leases = leases ?? core.leases
        self.batchLimit = batchLimit
    }

    private var store: RotationStore { RotationStore(ring: core.keyring.ring) }

    private enum Step { case goOn, comeBackLater }

    /// Goes on with the rotation under way until it is over, halted, or has to wait for another node.
    /// - Throws: `LeaseLost`, `CancellationError`, and what the database or the ring refuse; the next call goes on.
    public func run(under lease: Lease) async throws {
        while true {
            try Task.checkCancellation()
            let current = try await core.database.read { [store] snapshot in try store.current(in: snapshot) }
            guard let current, !current.isPaused else { return }
            let step: Step
            switch current.state {
            case .requested: step = try await prepare(current, lease)
            case .distributing: step = try await activate(current, lease)
            case .rewrapping: step = try await rewrap(current, lease)
            case .completed, .failed: return
            }
            if step == .comeBackLater { return }
        }
    }

    // MARK: 1, 2

    private func prepare(_ rotation: Rotation, _ lease: Lease) async throws -> Step {
        guard let keeper = core.keyDistribution.keeper else { return .comeBackLater }
        let to = rotation.to
        do throws(CryptoError) {
            // What an earlier try stored already is used.
            try await keeper.change { (ring) throws(CryptoError) in
                if ring.holds(generation: to) { return }
                guard ring.stage() == to else {
                    throw CryptoError.keyFile("the key ring holds other generations than the database knows")
                }
            }
        } catch {
            try await fail(rotation, because: Self.words(error), lease)
            return .comeBackLater
        }
        let held = core.keyring.ring.generations
        let sealed = core.database.dialect == .postgresql ? try await keeper.sealedRing() : nil
        try await core.database.write { [leases] transaction in
            try leases.confirm(lease, in: transaction)
            let moved = try transaction.run(
                """
                UPDATE key_rotations SET state = 'distributing', problem = NULL, problem_detail = NULL
                WHERE id = \(rotation.id) AND state = 'requested'
                """)
            guard moved == 1 else { return }
            for generation in held {
                try transaction.run(
                    """
                    INSERT INTO key_generations (generation, created_at, activated_at)
                    VALUES (\(generation), \(transaction.now), \((generation == rotation.from ? transaction.now : nil).sqlValue))
                    ON CONFLICT (generation) DO NOTHING
                    """)
            }
            guard let sealed else { return }
            try transaction.run(
                """
                INSERT INTO key_ring_handover (singleton, generation, sealed_ring, created_at)
                VALUES (1, \(to), \(sealed), \(transaction.now))
                ON CONFLICT (singleton) DO UPDATE
                SET generation = excluded.generation, sealed_ring = excluded.sealed_ring, created_at = excluded.created_at
                """)
        }
        return .goOn
    }

    private func fail(_ rotation: Rotation, because words: String, _ lease: Lease) async throws {
        try await core.database.write { [core, leases, store] transaction in
            try leases.confirm(lease, in: transaction)
            try store.note(.init(obstacle: .ringNotSaved, detail: words), on: rotation.id, in: transaction)
            try transaction.run(
                """
                UPDATE key_rotations SET state = 'failed', finished_at = \(transaction.now)
                WHERE id = \(rotation.id) AND state = 'requested'
                """)
            try core.audit.record(
                .rotationFailed, on: .system, actor: .system, actorID: nil, origin: .local, outcome: .failed,
                plain: Array("{\"rotation\":\"\(rotation.id)\",\"cause\":\"ring_not_saved\"}".utf8), in: transaction)
        }
    }

    // MARK: 3

    private func activate(_ rotation: Rotation, _ lease: Lease) async throws -> Step {
        try await core.keyDistribution.round()
        // Looks at every row, so it is not done by the writer; rows of people who work meanwhile are not among them.
        let total = try await core.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM file_keys WHERE generation <> \(rotation.to)") { $0.int(0) } ?? 0
        }
        let waiting = try await core.database.write { [leases, store] transaction -> [String] in
            try leases.confirm(lease, in: transaction)
            let waiting = try RotationStore.behind(rotation.to, wrapping: false, in: transaction)
            guard waiting.isEmpty else {
                try store.noteWaiting(for: waiting, rotation, in: transaction)
                return waiting
            }
            try transaction.run(
                """
                UPDATE key_generations SET activated_at = \(transaction.now)
                WHERE generation = \(rotation.to) AND activated_at IS NULL
                """)
            try transaction.run(
                """
                UPDATE key_rotations SET state = 'rewrapping', total = \(total), started_at = \(transaction.now),
                                         problem = NULL, problem_detail = NULL
                WHERE id = \(rotation.id) AND state = 'distributing'
                """)
            return []
        }
        guard waiting.isEmpty else { return .comeBackLater }
        try await core.keyDistribution.round()
        return .goOn
    }

    // MARK: 4

    private func rewrap(_ rotation: Rotation, _ lease: Lease) async throws -> Step {
        try await core.keyDistribution.round()
        let pace = RotationPace(rate: rotation.rate)
        var last = try await core.database.read { snapshot in
            try snapshot.first("SELECT last_owner FROM key_rotations WHERE id = \(rotation.id)") { row in
                row.optionalID(0, as: Void.self)
            } ?? nil
        }
        while true {
            try Task.checkCancellation()
            let began = core.steady.elapsed()
            let rows = try await read(rotation.to, after: last, limit: min(batchLimit, pace.batchSize))
            if rows.isEmpty {
                if last == nil { return try await finish(rotation, lease) }
                // Behind the last row: once more from the first one, for what came between.
                last = nil
                continue
            }
            guard let batch = try await wrap(rows, rotation, lease) else { return .comeBackLater }
            guard try await store(batch, rotation, lease) else { return .goOn }
            last = batch.last
            let rest = pace.rest(after: batch.count, took: core.steady.elapsed() - began)
            if rest > .zero { try await Task.sleep(for: rest) } else { await Task.yield() }
        }
    }

    private func read(_ generation: Int, after last: ID<Void>?, limit: Int) async throws -> [KeyBatch.Row] {
        try await core.database.read { snapshot in
            try KeyBatch.rows(notUnder: generation, after: last, limit: limit, in: snapshot)
        }
    }

    /// - Returns: nil when a row is in the way; the rotation is halted then, with words.
    private func wrap(_ rows: [KeyBatch.Row], _ rotation: Rotation, _ lease: Lease) async throws -> KeyBatch? {
        do {
            return try KeyBatch(wrapping: rows, under: rotation.to, with: core.keyring)
        } catch let stopped as KeyBatch.Stopped {
            try await halt(rotation, stopped.problem, lease)
            return nil
        }
    }

    /// - Returns: false when the rotation was halted meanwhile; then nothing was written.
    private func store(_ batch: KeyBatch, _ rotation: Rotation, _ lease: Lease) async throws -> Bool {
        try await core.database.write { [leases] transaction in
            try leases.confirm(lease, in: transaction)
            let digest = try transaction.first(
                """
                SELECT digest FROM key_rotations
                WHERE id = \(rotation.id) AND state = 'rewrapping' AND paused_at IS NULL
                """
            ) { $0.bytes(0) }
            guard let digest else { return false }
            let changed = try batch.store(in: transaction)
            try transaction.run(
                """
                UPDATE key_rotations SET done = done + \(changed), last_owner = \(batch.last),
                                         digest = \(batch.chained(to: digest)), problem = NULL, problem_detail = NULL
                WHERE id = \(rotation.id)
                """)
            return true
        }
    }

    private func halt(_ rotation: Rotation, _ problem: Rotation.Problem, _ lease: Lease) async throws {
        try await core.database.write { [core, leases, store] transaction in
            try leases.confirm(lease, in: transaction)
            try store.note(problem, on: rotation.id, in: transaction)
            try transaction.run(
                """
                UPDATE key_rotations SET paused_at = \(transaction.now) WHERE id = \(rotation.id) AND paused_at IS NULL
                """)
            try core.audit.record(
                .rotationPaused, on: .system, actor: .system, actorID: nil, origin: .local, outcome: .failed,
                plain: Array(
                    "{\"rotation\":\"\(rotation.id)\",\"cause\":\"\(problem.obstacle.rawValue)\",\"detail\":\(JSONText.quoted(problem.detail))}"
                        .utf8), in: transaction)
        }
    }

    // MARK: 5, 6

    /// No row was seen any more.
    private func finish(_ rotation: Rotation, _ lease: Lease) async throws -> Step {
        let isRetired = try await retire(rotation, lease)
        guard isRetired else { return .comeBackLater }
        let isComplete = try await core.database.write { [core, leases] transaction -> Bool in
            try leases.confirm(lease, in: transaction)
            // Counted here and not trusted from before: this is the proof.
            let counts = try RotationStore.rowCounts(in: transaction)
            guard counts.keys.allSatisfy({ $0 == rotation.to }) else { return false }
            let found = try transaction.first(
                "SELECT done, digest FROM key_rotations WHERE id = \(rotation.id) AND state = 'rewrapping'"
            ) { ($0.int(0), $0.bytes(1)) }
            guard let (done, digest) = found else { return true }
            try transaction.run(
                """
                UPDATE key_rotations SET state = 'completed', finished_at = \(transaction.now), total = done,
                                         paused_at = NULL, problem = NULL, problem_detail = NULL
                WHERE id = \(rotation.id)
                """)
            let keys = counts[rotation.to] ?? 0
            try core.audit.record(
                .rotationCompleted, on: .system, actor: .system, actorID: nil, origin: .local,
                plain: Array(
                    """
                    {"rotation":"\(rotation.id)","from":\(rotation.from),"to":\(rotation.to),"rewrapped":\(done),\
                    "keys":{"\(rotation.to)":\(keys)},"older":0,"digest":"\(Hex.encode(digest))"}
                    """.utf8), in: transaction)
            return true
        }
        // A row that came in between: once more over the table.
        guard isComplete else { return .goOn }
        // The keys as the old generation wrapped them are in no page and no log any more.
        await core.database.scrub()
        return .goOn
    }

    /// Forbids new rows under older generations, once nobody makes any.
    private func retire(_ rotation: Rotation, _ lease: Lease) async throws -> Bool {
        try await core.database.write { [leases, store] transaction in
            try leases.confirm(lease, in: transaction)
            let waiting = try RotationStore.behind(rotation.to, wrapping: true, in: transaction)
            guard waiting.isEmpty else {
                try store.noteWaiting(for: waiting, rotation, in: transaction)
                return false
            }
            try transaction.run(
                """
                UPDATE key_generations SET retired_at = \(transaction.now)
                WHERE generation < \(rotation.to) AND retired_at IS NULL
                """)
            return true
        }
    }

    private static func words(_ error: CryptoError) -> String {
        switch error {
        case .keyFile(let words), .unavailable(let words): words
        case .passphraseWrong: "the passphrase no longer opens the key ring"
        case .custody(.away(let words)), .custody(.refused(let words)), .custody(.nonsense(let words)): words
        case .custody: "what unlocks the key ring is no longer at hand"
        case .unsupportedFormat, .openFailed, .unknownGeneration: "the stored key ring does not open"
        }
    }
}

extension RotationStore {
    /// Says once, not in every round, for whom a rotation waits.
    fileprivate func noteWaiting(
        for nodes: [String], _ rotation: Rotation, in transaction: borrowing Transaction
    ) throws {
        let problem = Rotation.Problem(obstacle: .waitingForNodes, detail: nodes.joined(separator: ", "))
        guard rotation.problem != problem else { return }
        try note(problem, on: rotation.id, in: transaction)
    }
}
