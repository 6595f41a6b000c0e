import BlobStore
import Crypto
import Database
import Journal
import Vault

extension BackupRunner {
    /// Verifies or drills one backup and writes down what was found.
    func prove(_ check: BackupCheck, _ lease: Lease) async throws {
        let progress = RunProgress()
        let id = check.id
        let writer = ProgressWriter(progress: progress) { [core, leases] count in
            try await core.database.write { transaction in
                try leases.confirm(lease, in: transaction)
                try transaction.run(
                    """
                    UPDATE backup_checks SET total_entries = \(count.totalEntries), done_entries = \(count.entries),
                                             total_bytes = \(count.totalBytes), done_bytes = \(count.bytes)
                    WHERE id = \(id) AND state = 'running'
                    """)
                return false
            }
        }
        do {
            let proving = backups.work.proving
            let store = backups.store
            let (form, volumes) = try await archive(of: check)
            let report = try await writer.during {
                switch check.kind {
                case .verification where form == .portable:
                    try await VolumeHashes(store: store).verify(volumes, progress)
                case .verification: try await proving.verify(check.backup, in: store, progress: progress)
                case .drill:
                    try await proving.drill(check.backup, sample: check.sample, in: store, progress: progress)
                }
            }
            try await conclude(check, report, lease)
        } catch {
            try await settle(check, RunFailure(error, progress), lease)
        }
    }

    private func archive(of check: BackupCheck) async throws -> (BackupForm, [ArchiveVolume]) {
        try await core.database.read { snapshot in
            (
                try BackupRows.record(check.backup, in: snapshot).form,
                try BackupRows.volumes(of: check.backup, in: snapshot)
            )
        }
    }

    private func conclude(_ check: BackupCheck, _ proof: ProofReport, _ lease: Lease) async throws {
        try await core.database.write { [core, leases] transaction in
            try leases.confirm(lease, in: transaction)
            let now = transaction.now
            let word = proof.passed ? BackupProof.passedWord : BackupProof.failedWord
            try transaction.run(
                """
                UPDATE backup_checks
                SET state = \(word), finished_at = \(now), finding_count = \(proof.findingCount),
                    total_entries = \(proof.entries), done_entries = \(proof.entries), total_bytes = \(proof.bytes),
                    done_bytes = \(proof.bytes), problem = NULL, problem_detail = NULL
                WHERE id = \(check.id)
                """)
            for (index, finding) in proof.findings.enumerated() {
                try transaction.run(
                    """
                    INSERT INTO backup_findings (check_id, position, code, subject)
                    VALUES (\(check.id), \(index), \(finding.code), \(finding.subject))
                    """)
            }
            switch check.kind {
            case .verification:
                try transaction.run(
                    "UPDATE backups SET verified_at = \(now), verification = \(word) WHERE id = \(check.backup)")
            case .drill:
                try transaction.run(
                    """
                    UPDATE backups SET drilled_at = \(now), drill = \(word),
                                       proven_at = CASE WHEN \(proof.passed ? 1 : 0) = 1 THEN \(now) ELSE proven_at END
                    WHERE id = \(check.backup)
                    """)
            }
            let plain =
                "{\"preuve\":\"\(proof.passed ? "reussie" : "echec")\",\"elements\":\(proof.entries),\"constats\":\(proof.findingCount)}"
            try core.audit.record(
                check.kind == .drill ? .backupDrilled : .backupVerified, on: .backup(check.backup), by: .localOperator,
                outcome: proof.passed ? .success : .failed, plain: Array(plain.utf8), in: transaction)
            if !proof.passed { try core.notices.tellAdministrators(.backupUnproven, in: transaction) }
        }
        report(.checked(check.backup, check.kind, findings: proof.findingCount))
    }

    private func settle(_ check: BackupCheck, _ failure: RunFailure, _ lease: Lease) async throws {
        switch failure {
        case .interrupted(let error): throw error
        case .cancelled: return
        case .transient(let problem) where check.attempts < Self.mostTries:
            try await core.database.write { [leases] transaction in
                try leases.confirm(lease, in: transaction)
                try transaction.run(
                    """
                    UPDATE backup_checks
                    SET state = 'waiting', next_at = \(Self.next(after: check.attempts + 1, transaction.now)),
                        problem = \(problem.code.rawValue), problem_detail = \(problem.detail)
                    WHERE id = \(check.id)
                    """)
            }
            report(.checkFailed(check.backup, check.kind, problem))
        case .transient(let problem), .final(let problem):
            // It could not even be read: for a drill that is an answer, too.
            let code: BackupProblem.Code =
                problem.code == .contentDamaged || problem.code == .baseGone ? .archiveDamaged : problem.code
            if code == .archiveDamaged {
                return try await conclude(
                    check,
                    ProofReport(
                        findings: [.init(code: code.rawValue, subject: problem.detail)], entries: 0, bytes: 0), lease)
            }
            try await core.database.write { [core, leases] transaction in
                try leases.confirm(lease, in: transaction)
                try transaction.run(
                    """
                    UPDATE backup_checks SET state = 'broken', finished_at = \(transaction.now),
                                             problem = \(problem.code.rawValue), problem_detail = \(problem.detail)
                    WHERE id = \(check.id)
                    """)
                try core.audit.record(
                    check.kind == .drill ? .backupDrilled : .backupVerified, on: .backup(check.backup),
                    by: .localOperator, outcome: .failed,
                    plain: Array("{\"preuve\":\"interrompue\",\"cause\":\"\(problem.code.rawValue)\"}".utf8),
                    in: transaction)
                try core.notices.tellAdministrators(.backupUnproven, in: transaction)
            }
            report(.checkFailed(check.backup, check.kind, problem))
        }
    }
}
