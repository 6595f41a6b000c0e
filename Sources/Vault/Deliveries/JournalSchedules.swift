import Crypto
import Database
import Journal

/// Exports of the journal that are made again and again without anybody asking.
public struct JournalSchedules: Sendable {
    let core: VaultCore

    public static let most = 50

    public func list(as principal: Principal) async throws -> [JournalSchedule] {
        try principal.require(.readJournal)
        return try await core.database.read { snapshot in
            try snapshot.all("SELECT \(Self.columns) FROM journal_schedules ORDER BY id LIMIT \(Self.most)") {
                try schedule($0)
            }
        }
    }

    /// - Throws: `VaultError.invalid`, `.cannotDeliver`.
    public func add(_ definition: JournalScheduleDefinition, as principal: Principal) async throws -> JournalSchedule {
        try principal.require(.manageDeliveries)
        let definition = try checked(definition)
        return try await core.database.write { transaction in
            let count = try transaction.first("SELECT count(*) FROM journal_schedules") { $0.int(0) } ?? 0
            guard count < Self.most else { throw VaultError.cannotDeliver(.tooManySchedules(maximum: Self.most)) }
            let id: JournalScheduleID = core.ids.next()
            let now = transaction.now
            try transaction.run(
                """
                INSERT INTO journal_schedules (
                    id, target, sealed_definition, created_by, created_at, updated_at, next_at)
                VALUES (\(id), \(definition.target.rawValue), \(sealed(definition, id)), \(principal.account), \(now),
                        \(now), \(definition.firstDue(after: now)))
                """)
            try core.audit.record(.journalScheduleSaved, on: .journalSchedule(id), by: principal, in: transaction)
            return try found(id, in: transaction)
        }
    }

    /// Replaces the definition. What is queued already is sent as the schedule is when it is sent.
    /// - Throws: `VaultError.notFound(.journalSchedule)`, `.invalid`, `.cannotDeliver`.
    public func change(
        _ id: JournalScheduleID, to definition: JournalScheduleDefinition, as principal: Principal
    ) async throws -> JournalSchedule {
        try principal.require(.manageDeliveries)
        let definition = try checked(definition)
        return try await core.database.write { transaction in
            let now = transaction.now
            let changed = try transaction.run(
                """
                UPDATE journal_schedules SET target = \(definition.target.rawValue),
                    sealed_definition = \(sealed(definition, id)), updated_at = \(now),
                    next_at = \(definition.firstDue(after: now))
                WHERE id = \(id)
                """)
            guard changed == 1 else { throw VaultError.notFound(.journalSchedule) }
            try core.audit.record(.journalScheduleSaved, on: .journalSchedule(id), by: principal, in: transaction)
            return try found(id, in: transaction)
        }
    }

    /// Ends a schedule; what was exported stays where it is.
    public func delete(_ id: JournalScheduleID, as principal: Principal) async throws {
        try principal.require(.manageDeliveries)
        try await core.database.write { transaction in
            let count = try transaction.run("DELETE FROM journal_schedules WHERE id = \(id)")
            guard count == 1 else { throw VaultError.notFound(.journalSchedule) }
            try core.audit.record(.journalScheduleDeleted, on: .journalSchedule(id), by: principal, in: transaction)
        }
    }
}

/// What the round of deliveries does with them.
extension JournalSchedules {
    /// Queues the exports that are due. After a long pause there is one for each schedule: that of the latest period.
    func enqueueDue(in transaction: borrowing Transaction) throws {
        let due = try transaction.all(
            """
            SELECT \(Self.columns) FROM journal_schedules WHERE next_at <= \(transaction.now)
            ORDER BY next_at, id LIMIT \(Self.most)
            """
        ) { try schedule($0) }
        for schedule in due {
            let period = schedule.definition.latestPeriod(dueBy: transaction.now)
            try core.outbox.enqueue(
                schedule.id, target: schedule.definition.target, period: period, in: transaction)
            let next = schedule.definition.due(
                forPeriodFrom: schedule.definition.interval.end(ofPeriodFrom: period))
            try transaction.run("UPDATE journal_schedules SET next_at = \(next) WHERE id = \(schedule.id)")
        }
    }

    /// What is to be made for a delivery: the events of its period, as the journal is signed now.
    /// - Throws: `DeliveryFailure(.scheduleGone)` when the schedule is gone.
    func order(for delivery: Delivery) async throws -> JournalExportOrder {
        guard let id = delivery.schedule, let start = delivery.periodStart else {
            throw DeliveryFailure(.scheduleGone, words: "the delivery names no schedule")
        }
        let known = try await core.database.read { snapshot in
            try snapshot.first("SELECT \(Self.columns) FROM journal_schedules WHERE id = \(id)") { try schedule($0) }
        }
        guard let schedule = known else { throw DeliveryFailure(.scheduleGone, words: "the schedule is gone") }
        let definition = schedule.definition
        let end = definition.interval.end(ofPeriodFrom: start)
        let (journal, database) = (core.sequencer.journal, core.database)
        let checkpoint = try await core.sequencer.makeCheckpoint()
        let query = JournalQuery(
            from: start, to: end, actorID: definition.actor?.value, action: definition.action,
            targetID: definition.subject?.value, cursor: nil, limit: 1)
        let day = start.iso8601.prefix(10)
        return JournalExportOrder(
            fileName: "journal-\(id)-\(definition.interval.rawValue)-\(day).\(definition.format.rawValue)",
            format: definition.format, checkpoint: checkpoint, periodStart: start, periodEnd: end
        ) {
            JournalExport(journal, database: database, checkpoint: checkpoint, filter: query)
        }
    }
}

extension JournalSchedules {
    private static let columns: SQL = "id, sealed_definition, created_by, created_at, updated_at, next_at"

    private func found(
        _ id: JournalScheduleID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> JournalSchedule {
        let known = try reading.first("SELECT \(Self.columns) FROM journal_schedules WHERE id = \(id)") {
            try schedule($0)
        }
        guard let known else { throw VaultError.notFound(.journalSchedule) }
        return known
    }

    private func checked(_ definition: JournalScheduleDefinition) throws(VaultError) -> JournalScheduleDefinition {
        var definition = definition
        definition.name = try PersonText.name(definition.name, field: "name")
        guard !definition.name.isEmpty else { throw .invalid(field: "name", .empty) }
        guard (0...23).contains(definition.hour) else { throw .invalid(field: "hour", .malformed) }
        if let action = definition.action {
            guard (1...64).contains(action.utf8.count), action.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw .invalid(field: "action", .malformed)
            }
        }
        guard !definition.target.takesCheckpoints else {
            throw .invalid(
                field: "target",
                .unknownValue(
                    allowed: DeliveryTarget.allCases.filter { !$0.takesCheckpoints }.map(\.rawValue)))
        }
        guard core.settings.deliveries.targets.contains(definition.target) else {
            throw .cannotDeliver(.notConfigured(definition.target))
        }
        return definition
    }

    private func schedule(_ row: borrowing Row) throws -> JournalSchedule {
        let id: JournalScheduleID = row.id(0)
        return JournalSchedule(
            id: id, definition: try opened(row.bytes(1), id), createdBy: row.id(2), createdAt: row.timestamp(3),
            updatedAt: row.timestamp(4), nextAt: row.timestamp(5))
    }

    /// The vault's own key: a schedule speaks of no document and outlives who made it.
    private func sealed(_ definition: JournalScheduleDefinition, _ id: JournalScheduleID) -> [UInt8] {
        var fields = SealedFields()
        fields.set(1, definition.name)
        fields.set(2, definition.format.rawValue)
        fields.set(3, definition.target.rawValue)
        fields.set(4, definition.interval.rawValue)
        fields.set(5, String(definition.hour))
        fields.set(6, definition.action)
        fields.set(7, definition.actor?.description)
        fields.set(8, definition.subject?.description)
        return core.scheduleKey.seal(fields.encoded, context: Self.context(id))
    }

    private func opened(_ sealed: [UInt8], _ id: JournalScheduleID) throws -> JournalScheduleDefinition {
        var texts: [Int: String] = [:]
        SealedFields.read(try core.scheduleKey.open(sealed, context: Self.context(id))) { number, bytes in
            texts[Int(number)] = String(field: bytes)
        }
        guard let name = texts[1], let format = texts[2].flatMap(JournalExportFormat.init),
            let target = texts[3].flatMap(DeliveryTarget.init), let interval = texts[4].flatMap(ScheduleInterval.init),
            let hour = texts[5].flatMap({ Int($0) })
        else { throw VaultError.unavailable }
        return JournalScheduleDefinition(
            name: name, format: format, target: target, interval: interval, hour: hour, action: texts[6],
            actor: texts[7].flatMap { AccountID($0) }, subject: texts[8].flatMap { NodeID($0) })
    }

    private static func context(_ id: JournalScheduleID) -> SealContext {
        SealContext("cloudspace journal schedule", id.value)
    }
}
