import Crypto
import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct JournalScheduleTests {
    private static func world() async throws -> (World, Principal) {
        var settings = VaultSettings()
        settings.deliveries.targets = [.exportDirectory, .exportWebhook]
        let world = try await World(settings: settings)
        return (world, try await world.person("Admin", "One", role: .admin))
    }

    private static func definition(
        _ interval: ScheduleInterval = .daily, hour: Int = 2, target: DeliveryTarget = .exportDirectory
    ) -> JournalScheduleDefinition {
        JournalScheduleDefinition(name: "Journal du jour", target: target, interval: interval, hour: hour)
    }

    private static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp.parse(iso8601: text)) }

    @Test(arguments: [
        (ScheduleInterval.daily, "2024-10-26T15:00:00Z", "2024-10-26", "2024-10-27"),
        (.weekly, "2024-10-26T15:00:00Z", "2024-10-21", "2024-10-28"),
        (.weekly, "2024-10-21T00:00:00Z", "2024-10-21", "2024-10-28"),
        (.weekly, "2024-10-20T23:59:59Z", "2024-10-14", "2024-10-21"),
        (.monthly, "2024-02-29T12:00:00Z", "2024-02-01", "2024-03-01"),
        (.monthly, "2024-12-31T23:59:59Z", "2024-12-01", "2025-01-01"),
        (.monthly, "2023-02-01T00:00:00Z", "2023-02-01", "2023-03-01"),
        (.daily, "1969-12-31T12:00:00Z", "1969-12-31", "1970-01-01"),
    ])
    func periodsAreWholeDaysWeeksAndMonths(
        _ interval: ScheduleInterval, _ moment: String, _ start: String, _ end: String
    ) throws {
        let begins = interval.start(of: try Self.moment(moment))
        #expect(try begins == Self.moment(start))
        #expect(try interval.end(ofPeriodFrom: begins) == Self.moment(end))
    }

    @Test(arguments: ScheduleInterval.allCases)
    func theLatestPeriodIsTheOneWhoseExportIsDue(_ interval: ScheduleInterval) throws {
        let definition = Self.definition(interval, hour: 5)
        var moment = try Self.moment("2024-01-01T00:00:00Z")
        for _ in 0..<800 {
            let period = definition.latestPeriod(dueBy: moment)
            let next = interval.end(ofPeriodFrom: period)
            #expect(definition.due(forPeriodFrom: period) <= moment)
            #expect(definition.due(forPeriodFrom: next) > moment)
            moment = moment.advanced(bySeconds: 7 * 3_600)
        }
    }

    @Test func anExportIsMadeForEachPeriodWithTheEventsOfThePeriod() async throws {
        let (world, admin) = try await Self.world()
        let schedule = try await world.vault.journalSchedules.add(Self.definition(), as: admin)
        #expect(try schedule.nextAt == Self.moment("2024-10-27T02:00:00Z"))
        let courier = RecordingCourier()
        let round = DeliveryRound(world.core, courier: courier)
        try await round.run()
        #expect(courier.carried.isEmpty)
        try await world.put("text", at: "a.txt", as: admin)
        world.clock.advance(seconds: 11 * 3_600)
        try await world.put("text", at: "b.txt", as: admin)
        try await round.run()
        try await round.run()
        let carried = try #require(courier.carried.first)
        #expect(courier.carried.count == 1)
        #expect(carried.receipt?.fileName == "journal-\(schedule.id)-daily-2024-10-26.ndjson")

        var verifier = ExportVerifier(key: try world.journal.verifierKey())
        try verifier.take(carried.content)
        let report = try verifier.finish()
        #expect(report.form == .selection)
        let wanted = try await world.database.read { snapshot in
            try world.journal.events(
                JournalQuery(
                    from: try Self.moment("2024-10-26"), to: try Self.moment("2024-10-27"), limit: 1_000),
                in: snapshot
            ).count
        }
        #expect(report.eventCount == Int64(wanted) && carried.receipt?.itemCount == Int64(wanted))
        let delivery = try #require(
            try await world.vault.deliveries.list(in: .delivered, limit: 9, as: .localOperator).entries.first)
        #expect(delivery.receipt == carried.receipt && delivery.schedule == schedule.id)
        #expect(delivery.treeSize == report.head.size)
        let events = try await world.database.read { snapshot in
            try world.journal.events(JournalQuery(action: "journal_delivered"), in: snapshot)
        }
        let details = String(decoding: try #require(events.first?.event.details), as: UTF8.self)
        #expect(details.contains("\"sha256\":\"\(Hex.encode(carried.receipt?.sha256 ?? []))\""))
        #expect(details.contains("\"count\":\(wanted)") && details.contains("\"file\":\"journal-"))
    }

    @Test func afterALongPauseThereIsOneExportAndNotOneForEachDayMissed() async throws {
        let (world, admin) = try await Self.world()
        _ = try await world.vault.journalSchedules.add(Self.definition(), as: admin)
        world.clock.advance(seconds: 30 * 86_400)
        let courier = RecordingCourier()
        for _ in 0..<3 { try await DeliveryRound(world.core, courier: courier).run() }
        #expect(courier.carried.map { $0.receipt?.fileName?.hasSuffix("2024-11-24.ndjson") } == [true])
        world.clock.advance(seconds: 86_400)
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.count == 2)
    }

    @Test func aNameRestsSealedAndIsShownToThoseWhoMay() async throws {
        let (world, admin) = try await Self.world()
        let added = try await world.vault.journalSchedules.add(Self.definition(), as: admin)
        let rows = try await world.database.read { snapshot in
            try snapshot.all("SELECT sealed_definition FROM journal_schedules") { $0.bytes(0) }
        }
        #expect(rows.count == 1 && !rows[0].contains(Array("Journal".utf8)))
        let auditor = try await world.person("Aud", "Iteur", role: .auditeur)
        let listed = try await world.vault.journalSchedules.list(as: auditor)
        #expect(listed.map(\.definition) == [added.definition])
        let reader = try await world.person("Lec", "Teur", role: .lecteur)
        await #expect(throws: VaultError.roleForbids(.readJournal)) {
            try await world.vault.journalSchedules.list(as: reader)
        }
        await #expect(throws: VaultError.roleForbids(.manageDeliveries)) {
            try await world.vault.journalSchedules.add(Self.definition(), as: auditor)
        }
    }

    @Test func aScheduleIsChangedAndEnded() async throws {
        let (world, admin) = try await Self.world()
        let schedules = world.vault.journalSchedules
        let added = try await schedules.add(Self.definition(), as: admin)
        var definition = Self.definition(.monthly, hour: 0, target: .exportWebhook)
        definition.action = "file_viewed"
        definition.actor = admin.account
        let changed = try await schedules.change(added.id, to: definition, as: admin)
        #expect(try changed.definition == definition && changed.nextAt == Self.moment("2024-11-01T00:00:00Z"))
        try await schedules.delete(added.id, as: admin)
        #expect(try await schedules.list(as: admin).isEmpty)
        await #expect(throws: VaultError.notFound(.journalSchedule)) {
            try await schedules.delete(added.id, as: admin)
        }
        await #expect(throws: VaultError.notFound(.journalSchedule)) {
            try await schedules.change(added.id, to: definition, as: admin)
        }
        let actions = try await world.database.read { snapshot in
            try world.journal.events(JournalQuery(targetKind: "export_programme"), in: snapshot).map(\.event.action)
        }
        #expect(actions == ["journal_schedule_deleted", "journal_schedule_saved", "journal_schedule_saved"])
    }

    @Test func anExportWhoseScheduleIsGoneIsGivenUpAtOnce() async throws {
        let (world, admin) = try await Self.world()
        let added = try await world.vault.journalSchedules.add(Self.definition(), as: admin)
        let courier = RecordingCourier()
        courier.fail(.exportDirectory, with: DeliveryFailure(.notWritten))
        world.clock.advance(seconds: 86_400)
        try await DeliveryRound(world.core, courier: courier).run()
        try await world.vault.journalSchedules.delete(added.id, as: admin)
        world.clock.advance(seconds: 60)
        try await DeliveryRound(world.core, courier: courier).run()
        let failed = try await world.vault.deliveries.list(in: .failed, limit: 9, as: .localOperator).entries
        #expect(failed.map(\.failure) == ["schedule_gone"])
    }

    @Test func whatCannotBeIsRefused() async throws {
        let (world, admin) = try await Self.world()
        let schedules = world.vault.journalSchedules
        for change in [
            { $0.name = "" }, { $0.name = String(repeating: "x", count: 51) }, { $0.name = "a\nb" }, { $0.hour = 24 },
            { $0.hour = -1 }, { $0.action = "" }, { $0.action = "a b" }, { $0.target = .checkpointMail },
        ] as [(inout JournalScheduleDefinition) -> Void] {
            var definition = Self.definition()
            change(&definition)
            let wrong = definition
            await #expect(throws: VaultError.self) { try await schedules.add(wrong, as: admin) }
        }
        for _ in 0..<JournalSchedules.most { _ = try await schedules.add(Self.definition(), as: admin) }
        await #expect(throws: VaultError.cannotDeliver(.tooManySchedules(maximum: JournalSchedules.most))) {
            try await schedules.add(Self.definition(), as: admin)
        }
    }
}
