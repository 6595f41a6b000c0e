import BlobStore
import Crypto
import Database
import Vault

extension BackupRunner {
    /// Makes one archive, from the row that was taken in hand to the row that says what became of it.
    func make(_ record: BackupRecord, _ lease: Lease) async throws {
        report(.began(record.id, kind: record.kind))
        let progress = RunProgress()
        let id = record.id
        let writer = ProgressWriter(progress: progress) { [core, leases] count in
            try await core.database.write { transaction in
                try leases.confirm(lease, in: transaction)
                try transaction.run(
                    """
                    UPDATE backups SET total_entries = \(count.totalEntries), done_entries = \(count.entries),
                                       total_bytes = \(count.totalBytes), done_bytes = \(count.bytes)
                    WHERE id = \(id) AND state = 'running'
                    """)
                return try transaction.exists(
                    "SELECT 1 FROM backups WHERE id = \(id) AND cancel_asked_at IS NOT NULL")
            }
        }
        let summary: ArchiveSummary
        do {
            summary = try await writer.during { try await archive(record, progress) }
            try progress.check()
        } catch {
            return try await settle(record, RunFailure(error, progress), lease)
        }
        guard try await complete(record, summary, lease) else { return report(.cancelled(id)) }
        report(.completed(id, bytes: summary.volumes.reduce(0) { $0 + $1.size }))
        try await prune(after: record, lease)
    }

    private func archive(_ record: BackupRecord, _ progress: RunProgress) async throws -> ArchiveSummary {
        // What an earlier try, or a program that died, left behind.
        if record.attempts > 1 { try await removeFiles(of: record.id) }
        guard let scope = record.scope else { throw RunProblem(.targetGone, "the row names no target") }
        try await demandBase(record)
        try await demandRoom(record)
        let order = BackupOrder(
            id: record.id, scope: scope, mode: record.mode, volumeLimit: backups.settings.volumeLimit)
        switch record.form {
        case .sealed:
            return try await backups.work.sealed.run(order, into: backups.store, progress: progress)
        case .portable:
            let password = try await password(of: record.id)
            return try await portable(order, password, progress)
        }
    }

    private func portable(
        _ order: BackupOrder, _ password: [UInt8], _ progress: RunProgress
    ) async throws -> ArchiveSummary {
        guard let maker = backups.work.portable else {
            throw RunProblem(.other, "this server makes no portable archives")
        }
        let secret = SecretBytes(copying: password)
        return try await maker.run(
            order, password: secret, into: backups.store, progress: progress)
    }

    private func password(of id: BackupID) async throws -> [UInt8] {
        let sealed = try await core.database.read { snapshot in
            try snapshot.first("SELECT sealed_password FROM backups WHERE id = \(id)") { $0.optionalBytes(0) }
        }
        guard let sealed = sealed ?? nil else { throw RunProblem(.other, "the archive's password is gone; ask again") }
        return try backups.key.open(sealed, context: Backups.passwordContext(id))
    }

    private func demandBase(_ record: BackupRecord) async throws {
        guard let base = record.base else { return }
        let state = try await core.database.read { snapshot in
            try snapshot.first("SELECT state FROM backups WHERE id = \(base)") { $0.text(0) }
        }
        guard state == BackupState.completed.rawValue else {
            throw RunProblem(.baseGone, "the backup \(base), which this one stands on, is gone; make a full one")
        }
    }

    /// Refuses early what cannot fit: a full archive of the system has all sealed contents at least.
    private func demandRoom(_ record: BackupRecord) async throws {
        guard record.kind == .system, record.base == nil, record.form == .sealed,
            let free = try await backups.store.statistics().freeBytes
        else { return }
        let needed =
            try await core.database.read { snapshot in
                try snapshot.first(
                    "SELECT CAST(COALESCE(SUM(sealed_size), 0) AS BIGINT) FROM blobs", { $0.integer(0) })
            } ?? 0
        guard needed <= free else {
            throw RunProblem(
                .storeFull, "the archive needs at least \(needed) bytes and \(free) are free where archives are kept")
        }
    }

    /// - Returns: false when somebody cancelled it in the last moment; its files go then.
    private func complete(_ record: BackupRecord, _ summary: ArchiveSummary, _ lease: Lease) async throws -> Bool {
        let id = record.id
        let place = "\(backups.store.place)/\(id)/"
        return try await core.database.write { [core, leases] transaction in
            try leases.confirm(lease, in: transaction)
            let current = try BackupRows.record(id, in: transaction)
            guard current.state == .running else { return false }
            guard !current.isCancelAsked else {
                try end(current, .cancelled, nil, in: transaction)
                return false
            }
            let size = summary.volumes.reduce(0) { $0 + $1.size }
            try transaction.run(
                """
                UPDATE backups
                SET state = 'completed', finished_at = \(transaction.now), sealed_password = NULL, place = \(place),
                    moment = \(summary.moment), file_count = \(summary.files), folder_count = \(summary.folders),
                    version_count = \(summary.versions), blob_count = \(summary.blobs), content_bytes = \(summary.bytes),
                    journal_size = \(summary.journalSize), archive_bytes = \(size),
                    manifest_hash = \(summary.manifestHash), problem = NULL, problem_detail = NULL,
                    total_entries = \(summary.blobs), done_entries = \(summary.blobs), total_bytes = \(summary.bytes),
                    done_bytes = \(summary.bytes)
                WHERE id = \(id)
                """)
            for (index, volume) in summary.volumes.enumerated() {
                try transaction.run(
                    """
                    INSERT INTO backup_volumes (backup_id, number, name, size, sha256)
                    VALUES (\(id), \(index + 1), \(volume.name), \(volume.size), \(volume.sha256))
                    """)
            }
            try noteSystemVersion(record, summary, in: transaction)
            var plain = "\"type\":\"\(record.kind.rawValue)\",\"forme\":\"\(record.form.rawValue)\""
            plain +=
                ",\"octets\":\(size),\"fichiers\":\(summary.files),\"manifeste\":\"\(Hex.encode(summary.manifestHash))\""
            if record.form == .portable { plain += ",\"export\":true" }
            try core.audit.record(
                .backupCompleted, on: .backup(id), by: .localOperator, plain: Array("{\(plain)}".utf8),
                in: transaction)
            return true
        }
    }

    /// A backup of the system is a version of it (requirements/2, `versionMetadata`).
    private func noteSystemVersion(
        _ record: BackupRecord, _ summary: ArchiveSummary, in transaction: borrowing Transaction
    ) throws {
        guard record.kind == .system else { return }
        let account: AccountID = if case .person(let person?) = record.trigger { person } else { AccountID(0) }
        try SystemVersions.append(
            .backup, folders: summary.folders, files: summary.files, reference: record.id.rebound(), by: account, core,
            in: transaction)
    }

    private func settle(_ record: BackupRecord, _ failure: RunFailure, _ lease: Lease) async throws {
        switch failure {
        case .interrupted(let error):
            if Task.isCancelled { await giveBack(record, lease) }
            throw error
        case .cancelled:
            try await core.database.write { [leases] transaction in
                try leases.confirm(lease, in: transaction)
                try end(record, .cancelled, nil, in: transaction)
            }
            report(.cancelled(record.id))
        case .transient(let problem) where record.attempts < Self.mostTries:
            try await core.database.write { [leases] transaction in
                try leases.confirm(lease, in: transaction)
                try transaction.run(
                    """
                    UPDATE backups SET state = 'waiting', next_at = \(Self.next(after: record.attempts, transaction.now)),
                                       problem = \(problem.code.rawValue), problem_detail = \(problem.detail)
                    WHERE id = \(record.id) AND state = 'running'
                    """)
            }
            report(.failed(record.id, problem, again: true))
        case .transient(let problem), .final(let problem):
            try await core.database.write { [leases] transaction in
                try leases.confirm(lease, in: transaction)
                try end(record, .failed, problem, in: transaction)
            }
            report(.failed(record.id, problem, again: false))
        }
    }

    /// The program stops in good order: the backup waits again, as if it had not been begun.
    private func giveBack(_ record: BackupRecord, _ lease: Lease) async {
        let (core, leases) = (core, leases)
        // In a task of its own: this one is cancelled.
        await Task {
            try? await core.database.write { transaction in
                try leases.confirm(lease, in: transaction)
                try transaction.run(
                    """
                    UPDATE backups SET state = 'waiting', attempts = CASE WHEN attempts > 1 THEN attempts - 1 ELSE 1 END,
                                       next_at = \(transaction.now)
                    WHERE id = \(record.id) AND state = 'running' AND term = \(lease.term)
                    """)
            }
        }.value
    }
}
