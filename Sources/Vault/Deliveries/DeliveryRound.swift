import Crypto
import Database
import Journal

/// Sends what waits. One node does it for all, under a lease.
public struct DeliveryRound: Sendable {
    let core: VaultCore
    let courier: any DeliveryCourier
    let report: @Sendable (Delivery, DeliveryFailure?) -> Void

    /// Most deliveries to one target in one round.
    static let mostAtOnce = 64

    /// - Parameter report: told of every attempt, for the log.
    public init(
        _ core: VaultCore, courier: any DeliveryCourier,
        report: @escaping @Sendable (Delivery, DeliveryFailure?) -> Void = { _, _ in }
    ) {
        self.core = core
        self.courier = courier
        self.report = report
    }

    /// Tries everything that is due, targets side by side, the oldest of each first; a target that fails rests.
    /// - Parameter lease: the right to do it, checked before each attempt; `nil` when nobody else can be at it.
    /// - Throws: `LeaseLost`, `CancellationError`, `DatabaseError`.
    public func run(under lease: Lease? = nil) async throws {
        let isDue = try await core.database.read { [core] snapshot in
            let now = core.clock.now()
            return try snapshot.exists("SELECT 1 FROM journal_schedules WHERE next_at <= \(now) LIMIT 1")
                || snapshot.exists(
                    """
                    SELECT 1 FROM deliveries WHERE state = \(Delivery.State.waiting.rawValue) AND next_at <= \(now)
                    LIMIT 1
                    """)
        }
        // An idle vault writes nothing.
        guard isDue else { return try await count() }
        try await core.database.write { transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            try JournalSchedules(core: core).enqueueDue(in: transaction)
            try expire(in: transaction)
        }
        try await withThrowingTaskGroup { group in
            for target in DeliveryTarget.allCases { group.addTask { try await send(to: target, under: lease) } }
            try await group.waitForAll()
        }
        try await count()
    }

    private func send(to target: DeliveryTarget, under lease: Lease?) async throws {
        for _ in 0..<Self.mostAtOnce {
            try Task.checkCancellation()
            guard let delivery = try await begin(target, under: lease) else { return }
            let failure = try await attempt(delivery)
            report(delivery, failure)
            if failure != nil { return }
        }
    }

    /// Takes the next due delivery in hand: counted as tried before it is, so that a server that dies of it does not try
    /// again at once.
    private func begin(_ target: DeliveryTarget, under lease: Lease?) async throws -> Delivery? {
        try await core.database.write { transaction in
            if let lease { try core.leases.confirm(lease, in: transaction) }
            let due = try transaction.first(
                """
                SELECT \(Delivery.columns) FROM deliveries
                WHERE state = \(Delivery.State.waiting.rawValue) AND target = \(target.rawValue)
                    AND next_at <= \(transaction.now)
                ORDER BY created_at, id LIMIT 1
                """
            ) { Delivery($0) }
            guard let delivery = due ?? nil else { return nil }
            let attempts = delivery.attempts + 1
            let next = transaction.now.milliseconds + Self.pause(after: attempts, delivery.id)
            try transaction.run(
                """
                UPDATE deliveries SET attempts = \(Int64(attempts)), attempted_at = \(transaction.now), next_at = \(next)
                WHERE id = \(delivery.id)
                """)
            return try Deliveries.delivery(delivery.id, in: transaction)
        }
    }

    private func attempt(_ delivery: Delivery) async throws -> DeliveryFailure? {
        do {
            let consignment = try await consignment(of: delivery)
            let receipt = try await courier.carry(consignment, to: delivery.target)
            try await settle(delivery, consignment, receipt)
            return nil
        } catch let failure as DeliveryFailure {
            try await settle(delivery, failure)
            return failure
        } catch let error as JournalError {
            let failure = DeliveryFailure(.journalDamaged, words: "\(error)")
            try await settle(delivery, failure)
            return failure
        }
    }

    private func consignment(of delivery: Delivery) async throws -> Consignment {
        let moment = core.clock.now()
        if delivery.target.takesCheckpoints {
            let journal = core.sequencer.journal
            let size = delivery.treeSize
            let checkpoint = try await core.database.read { try journal.checkpoint(atSize: size, in: $0) }
            guard let checkpoint else { throw DeliveryFailure(.journalDamaged, words: "the checkpoint is gone") }
            return Consignment(
                id: delivery.id, moment: moment,
                content: .checkpoint(checkpoint, verifierKey: try journal.verifierKey().text))
        }
        let order = try await JournalSchedules(core: core).order(for: delivery)
        return Consignment(id: delivery.id, moment: moment, content: .export(order))
    }

    /// It arrived. Recorded without a look at the lease: it was done.
    private func settle(_ delivery: Delivery, _ consignment: Consignment, _ receipt: DeliveryReceipt?) async throws {
        let treeSize =
            switch consignment.content {
            case .checkpoint(let checkpoint, _): checkpoint.head.size
            case .export(let order): order.checkpoint.head.size
            case .probe: Int64(0)
            }
        try await core.database.write { transaction in
            let changed = try transaction.run(
                """
                UPDATE deliveries SET state = \(Delivery.State.delivered.rawValue), ended_at = \(transaction.now),
                    tree_size = \(treeSize), failure = NULL, failure_status = NULL,
                    file_name = \((receipt?.fileName).sqlValue), item_count = \((receipt?.itemCount).sqlValue),
                    sha256 = \((receipt?.sha256).sqlValue)
                WHERE id = \(delivery.id) AND state = \(Delivery.State.waiting.rawValue)
                """)
            guard changed == 1 else { return }
            // The way is open: those that rested go now.
            try transaction.run(
                """
                UPDATE deliveries SET next_at = \(transaction.now)
                WHERE target = \(delivery.target.rawValue) AND state = \(Delivery.State.waiting.rawValue)
                    AND next_at > \(transaction.now)
                """)
            try core.audit.record(
                delivery.target.takesCheckpoints ? .checkpointDelivered : .journalDelivered,
                on: .delivery(delivery.id), actor: .system, actorID: nil, origin: .local,
                plain: Array(Self.details(delivery, treeSize, receipt).utf8), in: transaction)
        }
        core.deliveryStatistics.delivered(delivery.target)
    }

    /// It did not arrive: it rests, and what else waits for the target rests with it; or it is given up.
    private func settle(_ delivery: Delivery, _ failure: DeliveryFailure) async throws {
        try await core.database.write { transaction in
            let pause = max(
                Self.pause(after: delivery.attempts, delivery.id), (failure.retryAfter ?? 0) * 1_000)
            let next = transaction.now.milliseconds + pause
            if failure.code == .scheduleGone || delivery.deadline.milliseconds <= next {
                try core.outbox.giveUp(delivery, failure, in: transaction)
                try tellAdministrators(in: transaction)
                return
            }
            try transaction.run(
                """
                UPDATE deliveries SET next_at = \(next), failure = \(failure.code.rawValue),
                    failure_status = \((failure.status.map(Int64.init)).sqlValue)
                WHERE id = \(delivery.id) AND state = \(Delivery.State.waiting.rawValue)
                """)
            try transaction.run(
                """
                UPDATE deliveries SET next_at = \(next)
                WHERE target = \(delivery.target.rawValue) AND state = \(Delivery.State.waiting.rawValue)
                    AND next_at < \(next)
                """)
        }
        core.deliveryStatistics.failed(delivery.target)
    }

    private func tellAdministrators(in transaction: borrowing Transaction) throws {
        try core.notices.tellAdministrators(.deliveryFailed, in: transaction)
    }

    /// Forgets those that ended long ago, but for the newest of each target, which says what was sent last.
    private func expire(in transaction: borrowing Transaction) throws {
        let cutoff = transaction.now.milliseconds - core.settings.deliveries.kept * 1_000
        try transaction.run(
            """
            DELETE FROM deliveries WHERE state <> \(Delivery.State.waiting.rawValue) AND ended_at < \(cutoff)
                AND tree_size < (SELECT max(d.tree_size) FROM deliveries d WHERE d.target = deliveries.target)
            """)
    }

    private func count() async throws {
        let now = core.clock.now()
        let waiting = try await core.database.read { snapshot in
            try snapshot.all(
                """
                SELECT target, count(*), min(created_at) FROM deliveries
                WHERE state = \(Delivery.State.waiting.rawValue) GROUP BY target
                """
            ) { ($0.text(0), $0.integer(1), $0.integer(2)) }
        }
        core.deliveryStatistics.note(
            waiting: waiting.compactMap { name, count, oldest in
                DeliveryTarget(rawValue: name).map { ($0, count, max(0, now.milliseconds - oldest) / 1_000) }
            })
    }

    private static func pause(after attempts: Int, _ id: DeliveryID) -> Int64 {
        DeliveryBackoff.pause(after: attempts, seed: UInt64(truncatingIfNeeded: id.value))
    }

    private static func details(_ delivery: Delivery, _ treeSize: Int64, _ receipt: DeliveryReceipt?) -> String {
        var json =
            "{\"target\":\"\(delivery.target.rawValue)\",\"tree_size\":\(treeSize),\"attempts\":\(delivery.attempts)"
        if let receipt {
            json += ",\"count\":\(receipt.itemCount),\"sha256\":\"\(Hex.encode(receipt.sha256))\""
            if let name = receipt.fileName { json += ",\"file\":\(JSONText.quoted(name))" }
        }
        return json + "}"
    }
}
