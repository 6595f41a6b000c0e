import Database
import Journal

/// Writes what is to leave the machine in the transaction of what it tells of.
package struct DeliveryOutbox: Sendable {
    let ids: IDGenerator
    let audit: Audit
    let settings: DeliverySettings

    /// Queues a checkpoint for every target that takes checkpoints, once for each.
    ///
    /// A tree in which only deliveries were recorded since is no news: each delivery would cause the next.
    func enqueue(_ checkpoint: Checkpoint, in transaction: borrowing Transaction) throws {
        for target in DeliveryTarget.allCases where settings.targets.contains(target) && target.takesCheckpoints {
            let latest = try transaction.first(
                """
                SELECT tree_size, created_at FROM deliveries WHERE target = \(target.rawValue)
                ORDER BY tree_size DESC LIMIT 1
                """
            ) { ($0.integer(0), $0.integer(1)) }
            if let (size, createdAt) = latest {
                guard size < checkpoint.head.size, try isNews(since: size, in: transaction) else { continue }
                if target == .checkpointMail {
                    let age = transaction.now.milliseconds - createdAt
                    guard age >= settings.mailInterval * 1_000 || age < 0 else { continue }
                }
            }
            try makeRoom(for: target, in: transaction)
            try insert(
                target: target, reference: String(checkpoint.head.size), treeSize: checkpoint.head.size, in: transaction
            )
        }
    }

    /// Queues a schedule's export for a period, once.
    func enqueue(
        _ schedule: JournalScheduleID, target: DeliveryTarget, period: Timestamp, in transaction: borrowing Transaction
    ) throws {
        try makeRoom(for: target, in: transaction)
        try insert(
            target: target, reference: "\(schedule)/\(period.milliseconds)", treeSize: 0, schedule: schedule,
            period: period, in: transaction)
    }

    private func insert(
        target: DeliveryTarget, reference: String, treeSize: Int64, schedule: JournalScheduleID? = nil,
        period: Timestamp? = nil, in transaction: borrowing Transaction
    ) throws {
        let id: DeliveryID = ids.next()
        let now = transaction.now
        // What is queued for a target that rests waits with it, behind what waits already.
        let rest =
            try transaction.first(
                """
                SELECT next_at FROM deliveries
                WHERE target = \(target.rawValue) AND state = \(Delivery.State.waiting.rawValue)
                ORDER BY next_at DESC LIMIT 1
                """
            ) { $0.integer(0) } ?? now.milliseconds
        let next = max(now.milliseconds, rest)
        try transaction.run(
            """
            INSERT INTO deliveries (
                id, target, reference, tree_size, schedule_id, period_start, state, attempts, created_at, next_at,
                deadline_at)
            VALUES (\(id), \(target.rawValue), \(reference), \(treeSize), \(schedule.sqlValue),
                    \((period?.milliseconds).sqlValue), \(Delivery.State.waiting.rawValue), 0, \(now), \(next),
                    \(now.advanced(bySeconds: settings.patience)))
            ON CONFLICT (target, reference) DO NOTHING
            """)
    }

    /// Whether anything but deliveries was recorded behind a tree of `size` leaves.
    private func isNews(since size: Int64, in transaction: borrowing Transaction) throws -> Bool {
        try transaction.exists(
            """
            SELECT 1 FROM journal_leaves l JOIN journal_events e ON e.sequence = l.sequence
            WHERE l.leaf_index >= \(size) AND e.action NOT IN (
                \(AuditAction.checkpointDelivered.rawValue), \(AuditAction.deliveryFailed.rawValue),
                \(AuditAction.journalDelivered.rawValue))
            LIMIT 1
            """)
    }

    /// Gives up the oldest that waits when as many wait as may.
    private func makeRoom(for target: DeliveryTarget, in transaction: borrowing Transaction) throws {
        let waiting = Delivery.State.waiting.rawValue
        let count =
            try transaction.first(
                "SELECT count(*) FROM deliveries WHERE target = \(target.rawValue) AND state = \(waiting)"
            ) { $0.integer(0) } ?? 0
        guard count >= settings.mostWaiting else { return }
        let oldest = try transaction.all(
            """
            SELECT \(Delivery.columns) FROM deliveries WHERE target = \(target.rawValue) AND state = \(waiting)
            ORDER BY created_at, id LIMIT \(count - settings.mostWaiting + 1)
            """
        ) { Delivery($0) }
        for case let delivery? in oldest {
            try giveUp(delivery, DeliveryFailure(.queueFull), in: transaction)
        }
    }

    /// Ends a delivery that did not arrive, in the journal, too.
    func giveUp(_ delivery: Delivery, _ failure: DeliveryFailure, in transaction: borrowing Transaction) throws {
        let changed = try transaction.run(
            """
            UPDATE deliveries SET state = \(Delivery.State.failed.rawValue), ended_at = \(transaction.now),
                failure = \(failure.code.rawValue), failure_status = \((failure.status.map(Int64.init)).sqlValue)
            WHERE id = \(delivery.id) AND state = \(Delivery.State.waiting.rawValue)
            """)
        guard changed == 1 else { return }
        var details = "{\"target\":\"\(delivery.target.rawValue)\",\"reference\":\"\(delivery.reference)\""
        details += ",\"attempts\":\(delivery.attempts),\"reason\":\"\(failure.code.rawValue)\""
        details += ",\"status\":\(failure.status.map(String.init) ?? "null")}"
        try audit.record(
            .deliveryFailed, on: .delivery(delivery.id), actor: .system, actorID: nil, origin: .local,
            outcome: .failed, plain: Array(details.utf8), in: transaction)
    }
}
