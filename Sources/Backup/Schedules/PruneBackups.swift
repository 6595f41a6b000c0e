import Database
public import Vault

/// What pruning takes and leaves.
public struct PruneOutcome: Sendable {
    /// Those that go, newest first, with what they are of.
    public let going: [BackupRecord]
    public let kept: [BackupID]
}

extension Backups {
    /// Most backups that are looked at in one go.
    private static let mostPruned = 100_000

    /// Lets go of the sealed backups that a policy does not keep, target by target; what people and what schedules had made
    /// are counted together.
    /// - Parameter isDryRun: only says what would go.
    /// - Throws: `VaultError.invalid` for a policy that says nothing.
    public func prune(
        _ policy: KeepPolicy, isDryRun: Bool, as principal: Principal
    ) async throws -> PruneOutcome {
        try principal.require(.manageBackups)
        guard !policy.keepsAll else { throw VaultError.invalid(field: "garder", .missing) }
        guard [policy.last, policy.daily, policy.weekly, policy.monthly].allSatisfy((0...KeepPolicy.most).contains)
        else { throw VaultError.invalid(field: "garder", .malformed) }
        if isDryRun {
            return try await core.database.read { [self] snapshot in try outcome(policy, of: nil, in: snapshot) }
        }
        return try await core.database.write { [self] transaction in
            let outcome = try outcome(policy, of: nil, in: transaction)
            for record in outcome.going {
                try markDeleting(record, because: "elagage", by: principal, in: transaction)
            }
            return outcome
        }
    }

    /// The same for what one schedule had made.
    func prune(
        _ policy: KeepPolicy, of schedule: BackupScheduleID, in transaction: borrowing Transaction
    ) throws {
        for record in try outcome(policy, of: schedule, in: transaction).going {
            try markDeleting(record, because: "programme", by: .localOperator, in: transaction)
        }
    }

    private struct Group: Hashable {
        let kind: BackupKind
        let target: NodeID?
    }

    private func outcome(
        _ policy: KeepPolicy, of schedule: BackupScheduleID?, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> PruneOutcome {
        guard !policy.keepsAll else { return PruneOutcome(going: [], kept: []) }
        let own: SQL = schedule.map { "AND b.schedule_id = \($0)" } ?? ""
        let found = try reading.all(
            """
            SELECT \(BackupRows.columns) FROM backups b WHERE b.state = 'completed' AND b.form = 'scellee' \(own)
            ORDER BY b.id DESC LIMIT \(Self.mostPruned)
            """
        ) { BackupRecord($0) }
        let records = found.compactMap(\.self)
        var superfluous: Set<BackupID> = []
        for group in Dictionary(grouping: records, by: { Group(kind: $0.kind, target: $0.target) }).values {
            superfluous.formUnion(
                policy.superfluous(
                    among: group.map {
                        KeepPolicy.Candidate(
                            id: $0.id, base: $0.base, moment: $0.content?.moment ?? $0.requestedAt)
                    }))
        }
        // What is under way may stand on one of them, and somebody's own increment on a schedule's.
        superfluous.subtract(try standing(on: superfluous, in: reading))
        superfluous.subtract(
            try reading.all("SELECT backup_id FROM backup_checks WHERE state = 'running' LIMIT 1000") {
                BackupID($0.uuid(0))
            })
        return PruneOutcome(
            going: records.filter { superfluous.contains($0.id) },
            kept: records.map(\.id).filter { !superfluous.contains($0) })
    }

    /// Those of a set, and all before them, that a backup outside of the set stands on.
    private func standing(
        on set: Set<BackupID>, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Set<BackupID> {
        guard !set.isEmpty else { return [] }
        let links = try reading.all(
            """
            SELECT id, base_id FROM backups
            WHERE base_id IS NOT NULL AND state IN ('waiting', 'running', 'completed') ORDER BY id LIMIT \(Self.mostPruned)
            """
        ) { (BackupID($0.uuid(0)), BackupID($0.uuid(1))) }
        let bases = Dictionary(links, uniquingKeysWith: { first, _ in first })
        var needed: Set<BackupID> = []
        for (id, base) in links where !set.contains(id) {
            var next: BackupID? = base
            while let one = next, needed.insert(one).inserted { next = bases[one] }
        }
        return needed.intersection(set)
    }
}

extension BackupRunner {
    /// Lets go of what a schedule's policy no longer keeps, now that it has a new backup.
    func prune(after record: BackupRecord, _ lease: Lease) async throws {
        guard case .schedule(let id) = record.trigger else { return }
        try await core.database.write { [backups, leases] transaction in
            try leases.confirm(lease, in: transaction)
            do {
                let schedule = try backups.schedule(id, in: transaction)
                try backups.prune(schedule.definition.keep, of: id, in: transaction)
            } catch VaultError.notFound {
                // It was ended meanwhile; its backups stay.
            }
        }
    }
}
