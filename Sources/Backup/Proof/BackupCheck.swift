public import Database
public import Vault

public enum BackupCheckEntity {}
public typealias BackupCheckID = ID<BackupCheckEntity>

/// One proof of a backup: asked for, under way, or over.
public struct BackupCheck: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Hashes and seals of the whole archive.
        case verification
        /// A sample, restored and compared.
        case drill
    }

    public enum State: String, Sendable, CaseIterable {
        case waiting, running, passed, failed
        /// It could not be made; nothing is said about the archive.
        case broken

        /// As the backup's own states are spelled.
        public var documentName: String {
            switch self {
            case .waiting: "en_attente"
            case .running: "en_cours"
            case .passed: "reussie"
            case .failed: "echec"
            case .broken: "interrompue"
            }
        }

        public var isFinished: Bool { self != .waiting && self != .running }
    }

    public let id: BackupCheckID
    public let backup: BackupID
    public let kind: Kind
    public let state: State
    /// Files that a drill restores.
    public let sample: Int
    public let requestedBy: AccountID?
    public let requestedAt: Timestamp
    public let startedAt: Timestamp?
    public let finishedAt: Timestamp?
    public let attempts: Int
    public let progress: WorkCount
    public let findingCount: Int
    /// The first of them.
    public internal(set) var findings: [ProofReport.Finding] = []
    public let problem: BackupProblem?
}

/// The statements on `backup_checks` and `backup_findings`.
enum BackupChecks {
    static let columns: SQL = """
        c.id, c.backup_id, c.kind, c.state, c.sample, c.requested_by, c.requested_at, c.started_at, c.finished_at,
        c.attempts, c.total_entries, c.done_entries, c.total_bytes, c.done_bytes, c.finding_count, c.problem,
        c.problem_detail
        """

    /// Proofs that are shown with a backup.
    private static let shown = 10

    static func latest(
        of backup: BackupID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [BackupCheck] {
        let found = try reading.all(
            "SELECT \(columns) FROM backup_checks c WHERE c.backup_id = \(backup) ORDER BY c.id DESC LIMIT \(shown)"
        ) { BackupCheck($0) }
        var checks = found.compactMap(\.self)
        for place in checks.indices where checks[place].findingCount > 0 {
            checks[place].findings = try reading.all(
                """
                SELECT code, subject FROM backup_findings WHERE check_id = \(checks[place].id)
                ORDER BY position LIMIT \(ProofReport.keptFindings)
                """
            ) { ProofReport.Finding(code: $0.text(0), subject: $0.text(1)) }
        }
        return checks
    }

    static func isUnderWay(
        _ kind: BackupCheck.Kind, on backup: BackupID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try reading.exists(
            """
            SELECT 1 FROM backup_checks
            WHERE backup_id = \(backup) AND kind = \(kind.rawValue) AND state IN ('waiting', 'running') LIMIT 1
            """)
    }

    static func insert(
        _ id: BackupCheckID, _ kind: BackupCheck.Kind, of backup: BackupID, sample: Int, by account: AccountID?,
        in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO backup_checks (
                id, backup_id, kind, state, sample, requested_by, requested_at, next_at, attempts, total_entries,
                done_entries, total_bytes, done_bytes, finding_count)
            VALUES (\(id), \(backup), \(kind.rawValue), 'waiting', \(sample), \(account.sqlValue), \(transaction.now),
                    \(transaction.now), 0, 0, 0, 0, 0, 0)
            """)
    }

    /// Forgets all proofs of a backup.
    static func delete(of backup: BackupID, in transaction: borrowing Transaction) throws {
        try transaction.run(
            "DELETE FROM backup_findings WHERE check_id IN (SELECT id FROM backup_checks WHERE backup_id = \(backup))")
        try transaction.run("DELETE FROM backup_checks WHERE backup_id = \(backup)")
    }
}

extension BackupCheck {
    /// Nil for a row that this program cannot have written.
    init?(_ row: borrowing Row) {
        guard let kind = Kind(rawValue: row.text(2)), let state = State(rawValue: row.text(3)) else { return nil }
        id = BackupCheckID(row.uuid(0))
        backup = BackupID(row.uuid(1))
        self.kind = kind
        self.state = state
        sample = row.int(4)
        requestedBy = row.optionalUUID(5).map { AccountID($0) }
        requestedAt = row.timestamp(6)
        startedAt = row.optionalTimestamp(7)
        finishedAt = row.optionalTimestamp(8)
        attempts = row.int(9)
        progress = WorkCount(row, from: 10)
        findingCount = row.int(14)
        problem = BackupProblem(code: row.optionalText(15), detail: row.optionalText(16))
    }
}
