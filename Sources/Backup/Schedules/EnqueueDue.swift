import Database
import Journal
import Vault

extension BackupRunner {
    /// Queues the backups of schedules that are due: each once, however many were missed while nobody looked.
    func enqueueDue(_ lease: Lease) async throws {
        let now = core.clock.now()
        let isDue = try await core.database.read { snapshot in
            try snapshot.exists("SELECT 1 FROM backup_schedules WHERE enabled = 1 AND next_at <= \(now) LIMIT 1")
        }
        guard isDue else { return }
        try await core.database.write { transaction in
            try leases.confirm(lease, in: transaction)
            let rows = BackupScheduleRows(key: backups.key)
            let due = try transaction.all(
                """
                SELECT \(BackupScheduleRows.columns) FROM backup_schedules s
                WHERE s.enabled = 1 AND s.next_at <= \(transaction.now) ORDER BY s.next_at, s.id LIMIT \(Backups.mostSchedules)
                """
            ) { try rows.read($0) }
            for schedule in due.compactMap(\.self) {
                try enqueue(schedule, in: transaction)
                let next = schedule.definition.rhythm.next(after: transaction.now)
                try transaction.run("UPDATE backup_schedules SET next_at = \(next) WHERE id = \(schedule.id)")
            }
        }
    }

    private func enqueue(_ schedule: BackupSchedule, in transaction: borrowing Transaction) throws {
        // One that has not ended yet is as good as this one.
        let isUnderWay = try transaction.exists(
            """
            SELECT 1 FROM backups WHERE schedule_id = \(schedule.id) AND state IN ('waiting', 'running') LIMIT 1
            """)
        guard !isUnderWay else { return }
        let definition = schedule.definition
        var request = BackupRequest(kind: definition.kind, target: definition.target)
        request.base = try base(of: schedule, in: transaction)
        request.isIncremental = request.base != nil
        do {
            _ = try transaction.attempt { transaction in
                try backups.insert(
                    request, core.ids.next(), by: .localOperator, schedule: schedule.id, room: nil, in: transaction)
            }
        } catch let error as VaultError {
            // What it is of is gone, or too many wait: said once, and tried again at its next time.
            let cause: BackupProblem.Code = if case .notFound = error { .targetGone } else { .other }
            try core.audit.record(
                .backupFailed, on: .backupSchedule(schedule.id), by: .localOperator, outcome: .failed,
                plain: Array("{\"cause\":\"\(cause.rawValue)\"}".utf8), in: transaction)
            try core.notices.tellAdministrators(.backupFailed, in: transaction)
        }
    }

    /// What the next backup of a schedule stands on; nil when a full one is due.
    private func base(
        of schedule: BackupSchedule, in transaction: borrowing Transaction
    ) throws -> BackupID? {
        guard schedule.definition.fullEvery > 1 else { return nil }
        let definition = schedule.definition
        // After a change of the target the chain of the old one is not gone on with; nor that of a damaged archive.
        let newest = try transaction.first(
            """
            SELECT id FROM backups
            WHERE schedule_id = \(schedule.id) AND state = 'completed' AND form = 'scellee'
                  AND kind = \(definition.kind.rawValue)
                  AND (target_id = \(definition.target.sqlValue) OR kind = 'systeme')
            ORDER BY number DESC LIMIT 1
            """, { BackupID($0.uuid(0)) })
        guard let newest else { return nil }
        let (length, failures) =
            try transaction.first(
                """
                WITH RECURSIVE chain (id, base_id, failed, depth) AS (
                    SELECT id, base_id, CASE WHEN drill = 'failed' OR verification = 'failed' THEN 1 ELSE 0 END, 1
                    FROM backups WHERE id = \(newest)
                    UNION ALL
                    SELECT b.id, b.base_id, CASE WHEN b.drill = 'failed' OR b.verification = 'failed' THEN 1 ELSE 0 END,
                           c.depth + 1
                    FROM chain c JOIN backups b ON b.id = c.base_id WHERE c.depth < 2000
                )
                SELECT COUNT(*), CAST(SUM(failed) AS BIGINT) FROM chain
                """, { ($0.int(0), $0.int(1)) }) ?? (0, 0)
        return length > 0 && length < definition.fullEvery && failures == 0 ? newest : nil
    }
}
