import Database
public import Vault

// What ends a backup before its time, or lets go of it.
extension Backups {
    /// Ends a backup that waits at once, one that is being made as soon as its maker looks up.
    /// - Throws: `VaultError.notFound(.backup)`, `.backup(.ended)`.
    public func cancel(_ id: BackupID, as principal: Principal) async throws -> BackupDetails {
        try principal.require(.manageBackups)
        return try await core.database.write { [self] transaction in
            let record = try BackupRows.record(id, in: transaction)
            switch record.state {
            case .completed, .failed, .cancelled, .deleting: throw VaultError.backup(.ended)
            case .waiting:
                try transaction.run(
                    """
                    UPDATE backups SET state = 'cancelled', finished_at = \(transaction.now), sealed_password = NULL,
                                       has_leftovers = CASE WHEN attempts > 0 THEN 1 ELSE 0 END
                    WHERE id = \(id)
                    """)
            case .running:
                guard !record.isCancelAsked else { break }
                try transaction.run("UPDATE backups SET cancel_asked_at = \(transaction.now) WHERE id = \(id)")
            }
            // Asked for: what is under way ends by itself and says no more about it.
            if !record.isCancelAsked {
                try core.audit.record(
                    .backupCancelled, on: .backup(id), by: principal,
                    plain: Array("{\"statut\":\"\(record.state.documentName)\"}".utf8), in: transaction)
            }
            return try details(id, in: transaction)
        }
    }

    /// Lets a backup go: its row says `suppression` until its files are gone, and goes after them.
    /// - Parameter withIncrements: also all that stand on it.
    /// - Returns: what goes, the ones that stand on others first.
    /// - Throws: `VaultError.notFound(.backup)`, `.backup(.hasIncrements)`, `.backup(.busy)`.
    public func delete(
        _ id: BackupID, withIncrements: Bool, as principal: Principal
    ) async throws -> [BackupID] {
        try principal.require(.manageBackups)
        return try await core.database.write { [self] transaction in
            let record = try BackupRows.record(id, in: transaction)
            let increments = try BackupRows.increments(on: id, in: transaction).filter { $0.state != .deleting }
            guard increments.isEmpty || withIncrements else {
                throw VaultError.backup(.hasIncrements(increments.map(\.id)))
            }
            let all = increments.reversed() + [record]
            for one in all {
                guard one.state.isFinished else { throw VaultError.backup(.busy) }
                let isChecked = try transaction.exists(
                    "SELECT 1 FROM backup_checks WHERE backup_id = \(one.id) AND state = 'running' LIMIT 1")
                guard !isChecked else { throw VaultError.backup(.busy) }
            }
            for one in all where one.state != .deleting {
                try markDeleting(one, because: nil, by: principal, in: transaction)
            }
            return all.map(\.id)
        }
    }

    /// - Parameter reason: a word of the program's for what let it go; nil for a person.
    func markDeleting(
        _ record: BackupRecord, because reason: String?, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            "UPDATE backups SET state = 'deleting', next_at = \(transaction.now), attempts = 0 WHERE id = \(record.id)")
        // Proofs that wait have nothing left to prove.
        try BackupChecks.delete(of: record.id, in: transaction)
        var plain = "\"type\":\"\(record.kind.rawValue)\",\"demandee\":\"\(record.requestedAt.iso8601)\""
        if let reason { plain += ",\"cause\":\"\(reason)\"" }
        try core.audit.record(
            .backupDeleted, on: .backup(record.id), by: principal, plain: Array("{\(plain)}".utf8), in: transaction)
    }

    /// Has a backup proven.
    /// - Parameter sample: files that a drill restores, 1 to 10,000; nil for the operator's own number.
    /// - Throws: `VaultError.notFound(.backup)`, `.backup(.notCompleted)`, `.backup(.sealedOnly)`, `.backup(.busy)` while the same proof is under way.
    public func check(
        _ id: BackupID, _ kind: BackupCheck.Kind, sample: Int? = nil, as principal: Principal
    ) async throws -> BackupDetails {
        try principal.require(.manageBackups)
        let sample = min(max(1, sample ?? settings.drillSample), 10_000)
        return try await core.database.write { [self] transaction in
            let record = try BackupRows.record(id, in: transaction)
            guard record.state == .completed else { throw VaultError.backup(.notCompleted) }
            guard kind != .drill || record.form == .sealed else { throw VaultError.backup(.sealedOnly) }
            guard try !BackupChecks.isUnderWay(kind, on: id, in: transaction) else { throw VaultError.backup(.busy) }
            let account = principal == .localOperator ? nil : principal.account
            try BackupChecks.insert(core.ids.next(), kind, of: id, sample: sample, by: account, in: transaction)
            let word = kind == .drill ? "exercice" : "verification"
            try core.audit.record(
                kind == .drill ? .backupDrilled : .backupVerified, on: .backup(id), by: principal,
                plain: Array("{\"\(word)\":\"demandee\"}".utf8), in: transaction)
            return try details(id, in: transaction)
        }
    }
}
