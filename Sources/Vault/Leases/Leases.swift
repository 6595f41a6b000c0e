package import Database
import Journal
import Synchronization

/// Lets one node at a time do the work that is to be done once for all of them.
///
/// No node compares its time of day with another's: clocks may differ by minutes. A holder renews its row every five
/// seconds. Another node takes the lease over once it has itself watched the row stay unrenewed for fifteen seconds, by its
/// own steady clock. The holder counts from before it asked for its latest renewal, by its own steady clock, too, and has
/// its work stopped after twelve seconds without an answer: three are left to come to a halt. So two nodes work at once
/// only if a machine sleeps in the middle of a step; `confirm` is for steps where even that would do harm. What remains
/// assumed is that two clocks do not run at rates more than a tenth apart.
public final class Leases: Sendable {
    /// How long a row must have been seen unrenewed before it is taken from its holder.
    static let duration: Duration = .seconds(15)
    static let renewEvery: Duration = .seconds(5)
    /// Left to a job to come to a halt.
    static let haltMargin: Duration = .seconds(3)
    /// How often `run` looks at the rows. A third of the renewals' time at most, so that a failed one is tried again.
    static let lookEvery: Duration = .seconds(2)

    private struct Sight: Sendable {
        let stamp: LeaseRow.Stamp
        /// When it was first seen so.
        let since: Duration
    }

    private let database: any Database
    private let audit: Audit
    private let steady: any SteadyClock
    private let store: LeaseStore
    private let names: Set<LeaseName>
    private let board = LeaseBoard()
    private let sights = Mutex<[LeaseName: Sight]>([:])

    /// - Parameter names: what this node is ready to do.
    init(
        database: any Database, audit: Audit, node: ClusterNodeID, steady: any SteadyClock,
        names: Set<LeaseName> = Set(LeaseName.allCases)
    ) {
        self.names = names
        self.database = database
        self.audit = audit
        self.steady = steady
        store = LeaseStore(node: node, duration: Self.duration.components.seconds * 1_000)
    }

    /// What this node holds now, by name.
    public var held: [LeaseName: Lease] {
        let now = steady.elapsed()
        return board.held.reduce(into: [:]) { leases, entry in
            if entry.value.endsAt > now { leases[entry.key] = Lease(name: entry.key, term: entry.value.term) }
        }
    }

    /// Looks at all leases once: renews what is held and due, takes what is free or was left behind.
    /// - Throws: `DatabaseError`; what is held stays held until its time is over.
    public func round() async throws {
        let rows = try await database.read { [store] snapshot in try store.rows(in: snapshot) }
        dropTaken(rows)
        let claims = claims(on: rows, seenAt: steady.elapsed())
        guard !claims.isEmpty else { return }
        // Counted from before the question: the row cannot be older than that.
        let asked = steady.elapsed()
        let answers = try await database.write { [store, audit] transaction in
            try claims.map { claim in
                let lease = try store.attempt(claim, in: transaction)
                if let lease, case .take(_, let dead?, _) = claim, dead != store.node {
                    try Self.record(lease, takenFrom: dead, by: store.node, audit, in: transaction)
                }
                return lease
            }
        }
        board.change { held in
            for (claim, lease) in zip(claims, answers) {
                held[claim.name] = lease.map { lease in
                    LeaseBoard.Held(
                        term: lease.term, askedAt: asked, endsAt: asked + Self.duration - Self.haltMargin)
                }
            }
        }
    }

    /// Gives up what was not renewed in time. Needs no database.
    public func dropEnded() {
        let now = steady.elapsed()
        guard board.held.contains(where: { $0.value.endsAt <= now }) else { return }
        board.change { held in held = held.filter { $0.value.endsAt > now } }
    }

    /// Gives back what is held, so that others need not wait. The work must have ended.
    public func release() async throws {
        let leases = held.values.sorted { $0.name.rawValue < $1.name.rawValue }
        board.change { $0 = [:] }
        guard !leases.isEmpty else { return }
        try await database.write { [store] transaction in
            for lease in leases { try store.release(lease, in: transaction) }
        }
    }

    /// Gives back what others hold, so that nobody waits for the dead. Only for who knows that no other node is alive: a
    /// lock on the files tells it.
    public func assumeAlone() async throws {
        try await database.write { transaction in
            try transaction.run(
                "UPDATE leases SET holder = NULL, expires_at = \(transaction.now) WHERE holder IS NOT NULL")
        }
    }

    /// Makes a transaction void unless the lease is still this node's.
    /// - Throws: `LeaseLost`.
    package func confirm(_ lease: Lease, in transaction: borrowing Transaction) throws {
        guard try store.isHeld(lease, in: transaction) else { throw LeaseLost(name: lease.name) }
    }

    /// Waits until this node holds the lease.
    /// - Returns: `nil` when the task is cancelled.
    func whenHeld(_ name: LeaseName) async -> Lease? {
        while !Task.isCancelled {
            if let lease = held[name] { return lease }
            dropEnded()
            await board.wait { $0[name] != nil }
        }
        return nil
    }

    /// Waits until this node no longer holds the lease, or the task is cancelled.
    func whenLost(_ lease: Lease) async {
        await board.wait { $0[lease.name]?.term != lease.term }
    }

    /// Renews and takes leases until the task is cancelled. A database that is away, or hangs, does not keep it from
    /// giving up what ended.
    /// - Parameter failed: told when rounds begin to fail, and again after one went well.
    public func run(failed: @escaping @Sendable (any Error) -> Void = { _ in }) async {
        await withTaskGroup { group in
            group.addTask { [self] in
                var isFailing = false
                while !Task.isCancelled {
                    do {
                        try await round()
                        isFailing = false
                    } catch {
                        if !isFailing { failed(error) }
                        isFailing = true
                    }
                    try? await Task.sleep(for: Self.lookEvery)
                }
            }
            group.addTask { [self] in
                while !Task.isCancelled {
                    dropEnded()
                    try? await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }
}

extension Leases {
    /// What to ask for, given the rows as they were seen.
    private func claims(on rows: [LeaseRow], seenAt now: Duration) -> [LeaseClaim] {
        let mine = board.held
        return sights.withLock { sights in
            LeaseName.allCases.compactMap { name in
                guard names.contains(name) else { return nil }
                guard let row = rows.first(where: { $0.name == name.rawValue }) else { return .first(name) }
                if row.holder == store.node {
                    // Own, but ended here before a renewal got through: a new term, since its work was stopped.
                    guard let held = mine[name], held.term == row.stamp.term, held.endsAt > now else {
                        return .take(name, from: row.holder, row.stamp)
                    }
                    return now - held.askedAt >= Self.renewEvery
                        ? .renew(Lease(name: name, term: held.term)) : nil
                }
                guard let holder = row.holder else { return .take(name, from: nil, row.stamp) }
                guard let sight = sights[name], sight.stamp == row.stamp else {
                    sights[name] = Sight(stamp: row.stamp, since: now)
                    return nil
                }
                return now - sight.since >= Self.duration ? .take(name, from: holder, row.stamp) : nil
            }
        }
    }

    /// What rows say is another node's, or another term's, is over at once.
    private func dropTaken(_ rows: [LeaseRow]) {
        let gone = board.held.filter { name, held in
            let row = rows.first { $0.name == name.rawValue }
            return row?.holder != store.node || row?.stamp.term != held.term
        }
        guard !gone.isEmpty else { return }
        board.change { held in
            for (name, lost) in gone where held[name]?.term == lost.term { held[name] = nil }
        }
    }

    private static func record(
        _ lease: Lease, takenFrom dead: ClusterNodeID, by node: ClusterNodeID, _ audit: Audit,
        in transaction: borrowing Transaction
    ) throws {
        try audit.record(
            .leaseTakenOver, on: .system, actor: .system, actorID: nil, origin: .local,
            plain: Array(
                "{\"lease\":\"\(lease.name.rawValue)\",\"term\":\(lease.term),\"from\":\"\(dead)\",\"by\":\"\(node)\"}"
                    .utf8),
            in: transaction)
    }
}
