import Database
import Testing
import Vault
import VaultTesting

@testable import Backup

@Suite struct ScheduleTests {
    @Test(arguments: [
        (BackupRhythm(.hourly), "2024-10-26T15:00:00Z", "2024-10-26T16:00:00Z"),
        (BackupRhythm(.hourly, every: 6, minute: 30), "2024-10-26T15:00:00Z", "2024-10-26T18:30:00Z"),
        (BackupRhythm(.hourly, every: 6, minute: 30), "2024-10-26T18:30:00Z", "2024-10-27T00:30:00Z"),
        (BackupRhythm(.daily, hour: 3), "2024-10-26T15:00:00Z", "2024-10-27T03:00:00Z"),
        (BackupRhythm(.daily, hour: 15, minute: 1), "2024-10-26T15:00:00Z", "2024-10-26T15:01:00Z"),
        // The 26th is a Saturday.
        (BackupRhythm(.weekly, hour: 4, day: 1), "2024-10-26T15:00:00Z", "2024-10-28T04:00:00Z"),
        (BackupRhythm(.weekly, hour: 4, day: 7), "2024-10-27T04:00:00Z", "2024-11-03T04:00:00Z"),
        (BackupRhythm(.weekly, hour: 15, day: 6), "2024-10-26T14:59:59Z", "2024-10-26T15:00:00Z"),
        (BackupRhythm(.monthly, hour: 2, day: 31), "2024-10-31T02:00:00Z", "2024-11-30T02:00:00Z"),
        (BackupRhythm(.monthly, hour: 2, day: 31), "2024-02-01T00:00:00Z", "2024-02-29T02:00:00Z"),
        (BackupRhythm(.monthly, day: 1), "2024-12-15T00:00:00Z", "2025-01-01T00:00:00Z"),
    ])
    func theNextTimeIsTheFirstOneAfterNow(_ rhythm: BackupRhythm, _ now: String, _ next: String) throws {
        let moment = try #require(Timestamp.parse(iso8601: now))
        #expect(rhythm.next(after: moment) == Timestamp.parse(iso8601: next))
    }

    private func daily(_ kind: BackupKind = .system, fullEvery: Int = 1, keep: KeepPolicy = KeepPolicy())
        -> BackupScheduleDefinition
    {
        BackupScheduleDefinition(
            name: "Nightly", kind: kind, rhythm: BackupRhythm(.daily, hour: 3), fullEvery: fullEvery, keep: keep)
    }

    @Test func aScheduleHasItsBackupsMadeFullAndBetween() async throws {
        try await withBackups { scene in
            let schedule = try await scene.backups.addSchedule(daily(fullEvery: 3), as: scene.admin)
            try await scene.kit.work()
            #expect(scene.kit.archives.made.isEmpty, "its time has not come")
            for _ in 0..<7 {
                scene.world.clock.advance(seconds: 86_400)
                try await scene.kit.work()
                try await scene.kit.work()
            }
            let made = scene.kit.archives.made
            #expect(made.map { $0.mode == .full } == [true, false, false, true, false, false, true])
            #expect(made[2].mode == .incremental(on: made[1].id))
            let record = try await scene.backups.describe(made[0].id, as: scene.admin).record
            #expect(record.trigger == .schedule(schedule.id))
            let listed = try await scene.backups.schedules(as: scene.admin)
            #expect(listed.first?.definition.name == "Nightly")
            #expect(listed.first?.latest?.id == made[6].id)
        }
    }

    @Test func afterALongPauseThereIsOneBackupAndNotOneForEveryDay() async throws {
        try await withBackups { scene in
            _ = try await scene.backups.addSchedule(daily(), as: scene.admin)
            scene.world.clock.advance(seconds: 30 * 86_400)
            for _ in 0..<3 { try await scene.kit.work() }
            #expect(scene.kit.archives.made.count == 1)
        }
    }

    @Test func ofTwoNodesOneMakesIt() async throws {
        try await withBackups { scene in
            _ = try await scene.backups.addSchedule(daily(), as: scene.admin)
            let other = BackupWorld(scene.kit, on: try await scene.world.another())
            scene.world.clock.advance(seconds: 86_400)
            try await scene.world.core.leases.round()
            try await other.world.core.leases.round()
            let held = [scene.world, other.world].filter { $0.core.leases.held[.backups] != nil }
            #expect(held.count == 1)
            try await scene.kit.work()
            try await other.world.core.leases.round()
            #expect(other.world.core.leases.held[.backups] == nil)
            let count = scene.kit.archives.made.count + other.archives.made.count
            #expect(count == 1)
            await other.world.close()
        }
    }

    @Test func aScheduleThatFailsTellsTheAdministrators() async throws {
        try await withBackups { scene in
            var definition = daily(.file)
            definition.target = scene.file
            _ = try await scene.backups.addSchedule(definition, as: scene.admin)
            _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex)
            scene.world.clock.advance(seconds: 86_400)
            try await scene.kit.work()
            let told = try await scene.world.vault.notifications.list(as: scene.admin).entries
            #expect(told.map(\.kind) == [.backupFailed])
            let events = try await scene.events("backup_failed")
            #expect(events == 1)
            #expect(scene.kit.archives.made.isEmpty)
        }
    }

    @Test func whatAScheduleNoLongerKeepsGoes() async throws {
        try await withBackups { scene in
            let keep = KeepPolicy(last: 2)
            _ = try await scene.backups.addSchedule(daily(fullEvery: 2, keep: keep), as: scene.admin)
            let own = try await scene.system()
            for _ in 0..<6 {
                scene.world.clock.advance(seconds: 86_400)
                try await scene.kit.work()
                try await scene.kit.work()
            }
            // f i f i f i: the newest two are one chain.
            let made = scene.kit.archives.made.map(\.id).filter { $0 != own }
            let left = try await scene.backups.list(as: scene.admin).backups.map(\.record.id)
            #expect(Set(left) == Set(made.suffix(2) + [own]), "what people had made is none of its business")
            let files = try await scene.kit.files()
            #expect(files.count == 3)
        }
    }

    @Test func badSchedulesAreRefused() async throws {
        try await withBackups { scene in
            func refused(_ change: (inout BackupScheduleDefinition) -> Void, _ field: String) async {
                var definition = daily()
                change(&definition)
                do {
                    _ = try await scene.backups.addSchedule(definition, as: scene.admin)
                    Issue.record("\(field) was taken")
                } catch VaultError.invalid(let wrong, _) {
                    #expect(wrong == field)
                } catch {
                    Issue.record("\(field): \(error)")
                }
            }
            await refused({ $0.name = " " }, "nom")
            await refused({ $0.rhythm.hour = 24 }, "heure")
            await refused({ $0.rhythm.minute = 60 }, "minute")
            await refused({ $0.rhythm.day = 0 }, "jour")
            await refused({ $0.rhythm = BackupRhythm(.weekly, day: 8) }, "jour")
            await refused({ $0.rhythm = BackupRhythm(.hourly, every: 0) }, "toutes_les")
            await refused({ $0.fullEvery = 0 }, "complete_toutes_les")
            await refused({ $0.keep.last = -1 }, "garder")
            await refused({ $0.kind = .file }, "cible_id")
        }
    }

    @Test func drillsComeByThemselvesAndNowAndThenAnOlderBackupIsTaken() async throws {
        var settings = BackupSettings()
        settings.drillInterval = 3_600
        settings.drillSample = 7
        try await withBackups(settings: settings) { scene in
            try await scene.kit.work()
            #expect(scene.kit.archives.drilled.isEmpty, "there is nothing to drill")
            let old = try await scene.system()
            try await scene.kit.work()
            scene.world.clock.advance(seconds: 1)
            let new = try await scene.system()
            try await scene.kit.work()
            for _ in 0..<5 {
                scene.world.clock.advance(seconds: 3_601)
                try await scene.kit.work()
                try await scene.kit.work()
            }
            let drilled = scene.kit.archives.drilled
            #expect(drilled.allSatisfy { $0.1 == 7 })
            #expect(drilled.count == 6)
            #expect(drilled.map(\.0).contains(old))
            #expect(drilled.map(\.0).contains(new))
            let proven = try await scene.backups.describe(new, as: scene.admin).record.provenAt
            #expect(proven != nil)
        }
    }
}
