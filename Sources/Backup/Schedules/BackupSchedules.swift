import Database
public import Vault

// Backups that come by themselves.
extension Backups {
    public static let mostSchedules = 50

    private var scheduleRows: BackupScheduleRows { BackupScheduleRows(key: key) }

    public func schedules(as principal: Principal) async throws -> [BackupSchedule] {
        try principal.require(.manageBackups)
        return try await core.database.read { [self] snapshot in
            let found = try snapshot.all(
                """
                SELECT \(BackupScheduleRows.columns) FROM backup_schedules s ORDER BY s.id LIMIT \(Self.mostSchedules)
                """
            ) { try scheduleRows.read($0) }
            return try found.compactMap(\.self).map { try withLatest($0, in: snapshot) }
        }
    }

    /// - Throws: `VaultError.invalid`, `.notFound`, `.backup(.tooManySchedules)`.
    public func addSchedule(
        _ definition: BackupScheduleDefinition, as principal: Principal
    ) async throws -> BackupSchedule {
        try principal.require(.manageBackups)
        let definition = try Self.checked(definition)
        let id: BackupScheduleID = core.ids.next()
        return try await core.database.write { [self] transaction in
            let count = try transaction.first("SELECT COUNT(*) FROM backup_schedules") { $0.int(0) } ?? 0
            guard count < Self.mostSchedules else {
                throw VaultError.backup(.tooManySchedules(maximum: Self.mostSchedules))
            }
            return try save(definition, id, by: principal, in: transaction)
        }
    }

    /// - Throws: as ``addSchedule(_:as:)``, and `VaultError.notFound(.backupSchedule)`.
    public func changeSchedule(
        _ id: BackupScheduleID, to definition: BackupScheduleDefinition, as principal: Principal
    ) async throws -> BackupSchedule {
        try principal.require(.manageBackups)
        let definition = try Self.checked(definition)
        return try await core.database.write { [self] transaction in
            _ = try schedule(id, in: transaction)
            return try save(definition, id, by: principal, in: transaction)
        }
    }

    /// Ends a schedule; the backups it had made stay.
    public func deleteSchedule(_ id: BackupScheduleID, as principal: Principal) async throws {
        try principal.require(.manageBackups)
        try await core.database.write { [core] transaction in
            let count = try transaction.run("DELETE FROM backup_schedules WHERE id = \(id)")
            guard count == 1 else { throw VaultError.notFound(.backupSchedule) }
            try core.audit.record(
                .backupScheduleDeleted, on: .backupSchedule(id), by: principal, in: transaction)
        }
    }

    /// - Throws: `VaultError.notFound(.backupSchedule)`.
    func schedule(
        _ id: BackupScheduleID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> BackupSchedule {
        let found = try reading.first(
            "SELECT \(BackupScheduleRows.columns) FROM backup_schedules s WHERE s.id = \(id)"
        ) { try scheduleRows.read($0) }
        guard let schedule = found ?? nil else { throw VaultError.notFound(.backupSchedule) }
        return try withLatest(schedule, in: reading)
    }

    private func withLatest(
        _ schedule: BackupSchedule, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> BackupSchedule {
        var schedule = schedule
        let latest = try reading.first(
            "SELECT \(BackupRows.columns) FROM backups b WHERE b.schedule_id = \(schedule.id) ORDER BY b.id DESC LIMIT 1"
        ) { BackupRecord($0) }
        schedule.latest = latest ?? nil
        return schedule
    }

    private func save(
        _ definition: BackupScheduleDefinition, _ id: BackupScheduleID, by principal: Principal,
        in transaction: borrowing Transaction
    ) throws -> BackupSchedule {
        // Said now and not in the night: the target must be there.
        _ = try target(of: BackupRequest(kind: definition.kind, target: definition.target), in: transaction)
        let account = principal == .localOperator ? nil : principal.account
        try scheduleRows.write(definition, id, by: account, in: transaction)
        let (rhythm, keep) = (definition.rhythm, definition.keep)
        let plain =
            "{\"type\":\"\(definition.kind.rawValue)\",\"rythme\":\"\(rhythm.unit.rawValue)\",\"actif\":\(definition.isEnabled),"
            + "\"garder\":[\(keep.last),\(keep.daily),\(keep.weekly),\(keep.monthly)]}"
        try core.audit.record(
            .backupScheduleSaved, on: .backupSchedule(id), by: principal, plain: Array(plain.utf8), in: transaction)
        return try schedule(id, in: transaction)
    }

    private static func checked(
        _ definition: BackupScheduleDefinition
    ) throws(VaultError) -> BackupScheduleDefinition {
        var definition = definition
        definition.name = try PersonText.name(definition.name, field: "nom")
        guard !definition.name.isEmpty else { throw .invalid(field: "nom", .empty) }
        let rhythm = definition.rhythm
        guard BackupRhythm.hours.contains(rhythm.every) else { throw .invalid(field: "toutes_les", .malformed) }
        guard (0...23).contains(rhythm.hour) else { throw .invalid(field: "heure", .malformed) }
        guard (0...59).contains(rhythm.minute) else { throw .invalid(field: "minute", .malformed) }
        guard (1...(rhythm.unit == .weekly ? 7 : 31)).contains(rhythm.day) else {
            throw .invalid(field: "jour", .malformed)
        }
        guard (1...1_000).contains(definition.fullEvery) else {
            throw .invalid(field: "complete_toutes_les", .malformed)
        }
        let keep = definition.keep
        guard [keep.last, keep.daily, keep.weekly, keep.monthly].allSatisfy((0...KeepPolicy.most).contains) else {
            throw .invalid(field: "garder", .malformed)
        }
        return definition
    }
}
