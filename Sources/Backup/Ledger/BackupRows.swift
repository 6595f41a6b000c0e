import Database
import Vault

/// The statements that read `backups` and its volumes.
enum BackupRows {
    /// What `BackupRecord.init` reads, in its order.
    static let columns: SQL = """
        b.id, b.kind, b.target_id, b.form, b.base_id, b.number, b.state, b.requested_by, b.schedule_id, b.requested_at,
        b.started_at, b.finished_at, b.attempts, b.cancel_asked_at, b.total_entries, b.done_entries, b.total_bytes,
        b.done_bytes, b.head_number, b.head_size, b.moment, b.file_count, b.folder_count, b.version_count, b.blob_count,
        b.content_bytes, b.journal_size, b.archive_bytes, b.manifest_hash, b.place, b.problem, b.problem_detail,
        b.verified_at, b.verification, b.drilled_at, b.drill, b.proven_at, b.term
        """

    /// - Throws: `VaultError.notFound(.backup)`.
    static func record(
        _ id: BackupID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> BackupRecord {
        let found = try reading.first("SELECT \(columns) FROM backups b WHERE b.id = \(id)") { BackupRecord($0) }
        guard let record = found ?? nil else { throw VaultError.notFound(.backup) }
        return record
    }

    static func volumes(
        of id: BackupID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [ArchiveVolume] {
        try reading.all(
            "SELECT name, size, sha256 FROM backup_volumes WHERE backup_id = \(id) ORDER BY number LIMIT 100000"
        ) { ArchiveVolume(name: $0.text(0), size: $0.integer(1), sha256: $0.bytes(2)) }
    }

    /// Backups that stand on this one, not those that came to nothing; itself not included, nearest first.
    static func increments(
        on id: BackupID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [BackupRecord] {
        let found = try reading.all(
            """
            WITH RECURSIVE chain (id, depth) AS (
                SELECT id, 1 FROM backups WHERE base_id = \(id)
                UNION ALL
                SELECT b.id, c.depth + 1 FROM chain c JOIN backups b ON b.base_id = c.id WHERE c.depth < 10000
            )
            SELECT \(columns) FROM chain c JOIN backups b ON b.id = c.id
            WHERE b.state IN ('waiting', 'running', 'completed', 'deleting')
            ORDER BY c.depth, b.id LIMIT 10000
            """
        ) { BackupRecord($0) }
        return found.compactMap(\.self)
    }
}

extension BackupRecord {
    /// Nil for a row that this program cannot have written.
    init?(_ row: borrowing Row) {
        guard let kind = BackupKind(rawValue: row.text(1)), let form = BackupForm(rawValue: row.text(3)),
            let state = BackupState(rawValue: row.text(6))
        else { return nil }
        id = BackupID(row.uuid(0))
        self.kind = kind
        target = row.optionalUUID(2).map { NodeID($0) }
        self.form = form
        base = row.optionalUUID(4).map { BackupID($0) }
        number = row.integer(5)
        self.state = state
        let person = row.optionalUUID(7).map { AccountID($0) }
        trigger = row.optionalUUID(8).map { .schedule(BackupScheduleID($0)) } ?? .person(person)
        requestedAt = row.timestamp(9)
        startedAt = row.optionalTimestamp(10)
        finishedAt = row.optionalTimestamp(11)
        attempts = row.int(12)
        isCancelAsked = !row.isNull(13)
        progress = WorkCount(row, from: 14)
        headNumber = row.optionalInteger(18)
        headSize = row.optionalInteger(19)
        content = ArchiveContent(row)
        place = row.optionalText(29)
        problem = BackupProblem(code: row.optionalText(30), detail: row.optionalText(31))
        verification = BackupProof(at: row.optionalTimestamp(32), outcome: row.optionalText(33))
        drill = BackupProof(at: row.optionalTimestamp(34), outcome: row.optionalText(35))
        provenAt = row.optionalTimestamp(36)
        term = row.optionalInteger(37)
    }
}

extension WorkCount {
    /// - Parameter column: of the total of entries; those done, the total of bytes and those done follow.
    init(_ row: borrowing Row, from column: Int) {
        totalEntries = row.integer(column)
        entries = row.integer(column + 1)
        totalBytes = row.integer(column + 2)
        bytes = row.integer(column + 3)
    }
}

extension ArchiveContent {
    fileprivate init?(_ row: borrowing Row) {
        guard let moment = row.optionalTimestamp(20), let hash = row.optionalBytes(28) else { return nil }
        self.moment = moment
        files = row.integer(21)
        folders = row.integer(22)
        versions = row.integer(23)
        blobs = row.integer(24)
        contentBytes = row.integer(25)
        journalSize = row.integer(26)
        archiveBytes = row.integer(27)
        manifestHash = hash
    }
}

extension BackupProblem {
    init?(code: String?, detail: String?) {
        guard let code else { return nil }
        self.init(Code(rawValue: code) ?? .other, detail ?? "")
    }
}

extension BackupProof {
    static let passedWord = "passed"
    static let failedWord = "failed"

    init?(at moment: Timestamp?, outcome: String?) {
        guard let moment, let outcome else { return nil }
        self.init(at: moment, passed: outcome == Self.passedWord)
    }
}
