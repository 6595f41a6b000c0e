import BlobStore
import Database
import Journal
public import Vault

/// Does what waits: deletions first, then backups in the order they were asked, then proofs. One node does it for all, under
/// the lease of backups.
///
/// Every change of a row confirms the lease in its own transaction. What a node that died had in hand bears that node's term;
/// whoever holds the lease next sees it by that, removes what was left of it and begins anew, three times at most.
public struct BackupRunner: Sendable {
    let backups: Backups
    let leases: Leases
    let report: @Sendable (Event) -> Void

    /// What the operator's log is told.
    public enum Event: Sendable {
        case began(BackupID, kind: BackupKind)
        case completed(BackupID, bytes: Int64)
        case failed(BackupID, BackupProblem, again: Bool)
        case cancelled(BackupID)
        case deleted(BackupID)
        case checked(BackupID, BackupCheck.Kind, findings: Int)
        case checkFailed(BackupID, BackupCheck.Kind, BackupProblem)
    }

    /// Begun so often, it failed: something about it ends the program.
    static let mostAttempts = 3
    /// Tries of what may succeed later, over half a day.
    static let mostTries = 8

    var core: VaultCore { backups.core }

    /// - Parameter leases: those of the lease that `run` is given; the node's own when `nil`.
    public init(
        _ backups: Backups, leases: Leases? = nil, report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.backups = backups
        self.leases = leases ?? backups.core.leases
        self.report = report
    }

    enum Work: Sendable {
        case deletion(BackupRecord)
        case backup(BackupRecord)
        case check(BackupCheck)
    }

    /// Does everything that is due, then returns.
    /// - Throws: `LeaseLost`, `CancellationError`, `DatabaseError`; the next call goes on.
    public func run(under lease: Lease) async throws {
        try await recover(lease)
        try await enqueueDue(lease)
        try await enqueueDrill(lease)
        guard try await isAnythingDue() else { return }
        try await withThrowingTaskGroup { group in
            for _ in 0..<max(1, backups.settings.atOnce) {
                group.addTask { while let work = try await take(lease) { try await perform(work, lease) } }
            }
            try await group.waitForAll()
        }
    }

    private func perform(_ work: Work, _ lease: Lease) async throws {
        try Task.checkCancellation()
        switch work {
        case .deletion(let record): try await remove(record, lease)
        case .backup(let record): try await make(record, lease)
        case .check(let check): try await prove(check, lease)
        }
    }

    /// Puts back what another term had in hand.
    func recover(_ lease: Lease) async throws {
        let isLeft = try await core.database.read { snapshot in
            try snapshot.exists("SELECT 1 FROM backups WHERE state = 'running' AND term <> \(lease.term) LIMIT 1")
                || snapshot.exists(
                    "SELECT 1 FROM backup_checks WHERE state = 'running' AND term <> \(lease.term) LIMIT 1")
        }
        guard isLeft else { return }
        let failed = try await core.database.write { transaction -> [BackupID] in
            try leases.confirm(lease, in: transaction)
            let left = try transaction.all(
                """
                SELECT \(BackupRows.columns) FROM backups b WHERE b.state = 'running' AND b.term <> \(lease.term)
                ORDER BY b.id LIMIT 1000
                """
            ) { BackupRecord($0) }
            var failed: [BackupID] = []
            for record in left.compactMap(\.self) {
                if record.isCancelAsked {
                    try end(record, .cancelled, nil, in: transaction)
                } else if record.attempts >= Self.mostAttempts {
                    let problem = BackupProblem(
                        .interrupted,
                        "the server stopped in the middle \(record.attempts) times; see its log, and ask again")
                    try end(record, .failed, problem, in: transaction)
                    failed.append(record.id)
                } else {
                    try transaction.run(
                        "UPDATE backups SET state = 'waiting', next_at = \(transaction.now) WHERE id = \(record.id)")
                }
            }
            try transaction.run(
                """
                UPDATE backup_checks
                SET state = CASE WHEN attempts >= \(Self.mostAttempts) THEN 'broken' ELSE 'waiting' END,
                    finished_at = CASE WHEN attempts >= \(Self.mostAttempts) THEN \(transaction.now) ELSE NULL END,
                    problem = CASE WHEN attempts >= \(Self.mostAttempts) THEN 'interrupted' ELSE NULL END
                WHERE state = 'running' AND term <> \(lease.term)
                """)
            return failed
        }
        for id in failed { report(.failed(id, BackupProblem(.interrupted, "interrupted"), again: false)) }
    }

    private func isAnythingDue() async throws -> Bool {
        let now = core.clock.now()
        return try await core.database.read { snapshot in
            try snapshot.exists(
                """
                SELECT 1 FROM backups
                WHERE next_at <= \(now) AND (state IN ('waiting', 'deleting') OR has_leftovers = 1) LIMIT 1
                """)
                || snapshot.exists(
                    "SELECT 1 FROM backup_checks WHERE state = 'waiting' AND next_at <= \(now) LIMIT 1")
        }
    }

    /// Takes the next piece of work in hand.
    private func take(_ lease: Lease) async throws -> Work? {
        try Task.checkCancellation()
        return try await core.database.write { transaction in
            try leases.confirm(lease, in: transaction)
            let now = transaction.now
            let deletion = try transaction.first(
                """
                SELECT \(BackupRows.columns) FROM backups b
                WHERE (b.state = 'deleting' OR b.has_leftovers = 1) AND b.state NOT IN ('waiting', 'running')
                      AND b.next_at <= \(now)
                ORDER BY b.next_at, b.id DESC LIMIT 1
                """
            ) { BackupRecord($0) }
            if let record = deletion ?? nil {
                // Should its files not go, it is tried again after a while.
                try transaction.run(
                    """
                    UPDATE backups SET attempts = attempts + 1, next_at = \(Self.next(after: record.attempts + 1, now))
                    WHERE id = \(record.id)
                    """)
                return .deletion(record)
            }
            let backup = try transaction.first(
                """
                SELECT \(BackupRows.columns) FROM backups b WHERE b.state = 'waiting' AND b.next_at <= \(now)
                ORDER BY b.next_at, b.id LIMIT 1
                """
            ) { BackupRecord($0) }
            if let record = backup ?? nil {
                try transaction.run(
                    """
                    UPDATE backups
                    SET state = 'running', attempts = attempts + 1, term = \(lease.term), started_at = \(now),
                        total_entries = 0, done_entries = 0, total_bytes = 0, done_bytes = 0
                    WHERE id = \(record.id)
                    """)
                return .backup(try BackupRows.record(record.id, in: transaction))
            }
            let check = try transaction.first(
                """
                SELECT \(BackupChecks.columns) FROM backup_checks c WHERE c.state = 'waiting' AND c.next_at <= \(now)
                ORDER BY c.next_at, c.id LIMIT 1
                """
            ) { BackupCheck($0) }
            guard let check = check ?? nil else { return nil }
            try transaction.run(
                """
                UPDATE backup_checks
                SET state = 'running', attempts = attempts + 1, term = \(lease.term), started_at = \(now)
                WHERE id = \(check.id)
                """)
            return .check(check)
        }
    }

    /// When to try again: half a minute after the first failure, four times as long after each further, six hours at most.
    static func next(after attempts: Int, _ now: Timestamp) -> Timestamp {
        let seconds = min(Int64(30) << Int64(2 * min(max(0, attempts - 1), 6)), 6 * 3_600)
        return now.advanced(bySeconds: seconds)
    }

    /// Ends a backup without an archive.
    func end(
        _ record: BackupRecord, _ state: BackupState, _ problem: BackupProblem?, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE backups SET state = \(state.rawValue), finished_at = \(transaction.now), next_at = \(transaction.now),
                               has_leftovers = 1, attempts = 0, sealed_password = NULL,
                               problem = \((problem?.code.rawValue).sqlValue), problem_detail = \((problem?.detail).sqlValue)
            WHERE id = \(record.id) AND state = 'running'
            """)
        guard let problem else { return }
        try core.audit.record(
            .backupFailed, on: .backup(record.id), by: .localOperator, outcome: .failed,
            plain: Array("{\"cause\":\"\(problem.code.rawValue)\"}".utf8), in: transaction)
        if case .schedule = record.trigger { try core.notices.tellAdministrators(.backupFailed, in: transaction) }
    }
}
