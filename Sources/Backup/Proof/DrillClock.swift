import Database
import Vault

extension BackupRunner {
    /// Every so many drills an older backup is taken instead of the newest: damage comes with time.
    private static let olderEvery: Int64 = 4

    /// Has a backup drilled when the interval is over. Without a sealed backup there is nothing to drill.
    func enqueueDrill(_ lease: Lease) async throws {
        guard let interval = backups.settings.drillInterval else { return }
        let due = core.clock.now().milliseconds - interval * 1_000
        let isDue = try await core.database.read { snapshot in
            try !snapshot.exists("SELECT 1 FROM backup_drill_clock WHERE drilled_at > \(due)")
                && snapshot.exists(
                    "SELECT 1 FROM backups WHERE state = 'completed' AND form = 'scellee' LIMIT 1")
        }
        guard isDue else { return }
        try await core.database.write { transaction in
            try leases.confirm(lease, in: transaction)
            let round =
                try transaction.first(
                    """
                    INSERT INTO backup_drill_clock (singleton, drilled_at, round) VALUES (1, \(transaction.now), 1)
                    ON CONFLICT (singleton) DO UPDATE
                    SET drilled_at = excluded.drilled_at, round = backup_drill_clock.round + 1
                    RETURNING round
                    """, { $0.integer(0) }) ?? 1
            guard let backup = try candidate(isOlder: round % Self.olderEvery == 0, in: transaction),
                try !BackupChecks.isUnderWay(.drill, on: backup, in: transaction)
            else { return }
            try BackupChecks.insert(
                core.ids.next(), .drill, of: backup, sample: backups.settings.drillSample, by: nil, in: transaction)
        }
    }

    /// The newest backup, of the system if there is one; or the one whose last drill is the longest ago.
    private func candidate(isOlder: Bool, in transaction: borrowing Transaction) throws -> BackupID? {
        if isOlder {
            return try transaction.first(
                """
                SELECT id FROM backups WHERE state = 'completed' AND form = 'scellee'
                ORDER BY COALESCE(drilled_at, 0), id LIMIT 1
                """, { BackupID($0.uuid(0)) })
        }
        return try transaction.first(
            """
            SELECT id FROM backups WHERE state = 'completed' AND form = 'scellee'
            ORDER BY CASE WHEN kind = 'systeme' THEN 0 ELSE 1 END, id DESC LIMIT 1
            """, { BackupID($0.uuid(0)) })
    }
}
