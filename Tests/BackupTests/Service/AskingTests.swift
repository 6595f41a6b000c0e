import Backup
import Database
import Testing
import Vault
import VaultTesting

@Suite struct AskingTests {
    @Test func aBackupWaitsUntilItIsMade() async throws {
        try await withBackups { scene in
            let asked = try await scene.backups.ask(BackupRequest(kind: .file, target: scene.file), as: scene.admin)
            #expect(asked.record.state == .waiting)
            #expect(asked.name == "a.txt")
            #expect(asked.mediaType == "text/plain")
            #expect(asked.record.headNumber == 1)
            #expect(asked.record.number == 1)
            #expect(asked.record.trigger == .person(scene.admin.account))
            #expect(try await scene.events("backup_asked") == 1)
            try await scene.kit.work()
            let made = try await scene.backups.describe(asked.record.id, as: scene.admin)
            #expect(made.record.state == .completed)
            #expect(made.volumes.count == 1)
            #expect(made.record.content?.files == 3)
            #expect(made.record.place == "\(scene.kit.store.place)/\(asked.record.id)/")
            #expect(try await scene.kit.files() == ["\(asked.record.id)/0001.zip"])
            #expect(try await scene.events("backup_completed") == 1)
        }
    }

    @Test func onlyAdministratorsMayDoAnythingWithBackups() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            let refusal = VaultError.roleForbids(.manageBackups)
            await #expect(throws: refusal) {
                _ = try await scene.backups.ask(BackupRequest(kind: .file, target: scene.file), as: scene.alex)
            }
            await #expect(throws: refusal) { _ = try await scene.backups.list(as: scene.alex) }
            await #expect(throws: refusal) { _ = try await scene.backups.describe(id, as: scene.alex) }
            await #expect(throws: refusal) { _ = try await scene.backups.open(id, volume: nil, as: scene.alex) }
            await #expect(throws: refusal) { _ = try await scene.backups.cancel(id, as: scene.alex) }
            await #expect(throws: refusal) {
                _ = try await scene.backups.delete(id, withIncrements: false, as: scene.alex)
            }
            await #expect(throws: refusal) { _ = try await scene.backups.check(id, .drill, as: scene.alex) }
            await #expect(throws: refusal) { _ = try await scene.backups.follow(id, as: scene.alex) }
        }
    }

    @Test func whatCannotBeBackedUpIsRefusedWithItsReason() async throws {
        try await withBackups { scene in
            func refused(_ request: BackupRequest, _ error: VaultError) async {
                await #expect(throws: error) { _ = try await scene.backups.ask(request, as: scene.admin) }
            }
            await refused(BackupRequest(kind: .file, target: NodeID(7)), .notFound(.file))
            await refused(BackupRequest(kind: .cabinet, target: NodeID(7)), .notFound(.folder))
            await refused(BackupRequest(kind: .space, target: scene.file), .notFound(.space))
            await refused(
                BackupRequest(kind: .file, target: scene.folder),
                .backup(.wrongKind(asked: "fichier", found: "dossier")))
            await refused(BackupRequest(kind: .file), .invalid(field: "cible_id", .missing))
            await refused(BackupRequest(kind: .system, target: scene.file), .invalid(field: "cible_id", .malformed))
            await refused(BackupRequest(kind: .system, isIncremental: true), .backup(.noBase))
            await refused(BackupRequest(kind: .system, password: "long enough it is"), .backup(.passwordNotUsed))
            await refused(
                BackupRequest(kind: .system, form: .portable), .backup(.passwordNeeded(minimum: 12)))
            await refused(
                BackupRequest(kind: .system, form: .portable, password: "short"),
                .backup(.passwordTooShort(minimum: 12)))
            await refused(
                BackupRequest(kind: .file, target: scene.file, form: .portable, password: "long enough it is"),
                .backup(.reasonNeeded))
            await refused(
                BackupRequest(
                    kind: .system, form: .portable, isIncremental: true, password: "long enough it is", reason: "r"),
                .backup(.portableIsFull))
            let listed = try await scene.backups.list(as: scene.admin)
            #expect(listed.backups.isEmpty)
            let events = try await scene.events("backup_asked")
            #expect(events == 0)
        }
    }

    @Test func noMoreWaitThanMay() async throws {
        var settings = BackupSettings.withoutDrills
        settings.mostWaiting = 2
        try await withBackups(settings: settings) { scene in
            _ = try await scene.system()
            _ = try await scene.system()
            await #expect(throws: VaultError.backup(.tooManyWaiting(maximum: 2))) { _ = try await scene.system() }
            try await scene.kit.work()
            _ = try await scene.system()
        }
    }

    @Test func incrementsStandOnTheNewestOfTheSameTarget() async throws {
        try await withBackups { scene in
            let full = try await scene.system()
            let other = try await scene.backups.ask(BackupRequest(kind: .file, target: scene.file), as: scene.admin)
            try await scene.kit.work()
            let first = try await scene.system(true)
            try await scene.kit.work()
            let second = try await scene.system(true)
            #expect(try await scene.backups.describe(first, as: scene.admin).record.base == full)
            #expect(try await scene.backups.describe(second, as: scene.admin).record.base == first)
            #expect(try await scene.backups.describe(second, as: scene.admin).record.number == 3)
            let named = BackupRequest(kind: .system, isIncremental: true, base: other.record.id)
            await #expect(throws: VaultError.backup(.baseUnfit)) {
                _ = try await scene.backups.ask(named, as: scene.admin)
            }
        }
    }

    /// A portable archive of somebody else's files is an export: with a reason in the file's own journal, and the owner told.
    @Test func exportsAreJournalledAndTheOwnerIsTold() async throws {
        try await withBackups { scene in
            let asked = try await scene.backups.ask(
                BackupRequest(
                    kind: .folder, target: scene.folder, form: .portable, password: "correct horse battery",
                    reason: "court order 7"), as: scene.admin)
            let told = try await scene.world.vault.notifications.list(as: scene.alex).entries
            #expect(told.map(\.kind) == [.contentExported])
            #expect(told.first?.node?.id == scene.folder)
            let rows = try await scene.world.database.read { snapshot in
                try snapshot.all(
                    "SELECT sealed_password, id FROM backups WHERE id = \(asked.record.id)"
                ) { $0.optionalBytes(0) }
            }
            let sealed = try #require(rows.first ?? nil)
            #expect(!String(decoding: sealed, as: UTF8.self).contains("correct horse"))
            try await scene.kit.work()
            #expect(scene.kit.archives.passwords == [Array("correct horse battery".utf8)])
            let wiped = try await scene.world.database.read { snapshot in
                try snapshot.exists("SELECT 1 FROM backups WHERE sealed_password IS NOT NULL")
            }
            #expect(!wiped, "the password rests no longer than it is needed")
            let journal = try await scene.world.vault.auditTrail.entries(
                AuditFilter(action: "backup_asked"), before: nil, limit: 10, as: scene.admin)
            let entry = try #require(journal.entries.first { $0.row.event.targetKind == "dossier" })
            #expect(entry.details?.contains("court order 7") == true)
            let clear = try await scene.world.database.read { snapshot in
                try snapshot.all("SELECT details FROM journal_events WHERE details IS NOT NULL") {
                    String(decoding: $0.bytes(0), as: UTF8.self)
                }
            }
            #expect(!clear.contains { $0.contains("court order") }, "what people wrote rests sealed")
        }
    }

    @Test func aThousandBackupsAreListedInPagesAndByFilter() async throws {
        try await withBackups { scene in
            try await scene.kit.work()
            for number in 0..<60 {
                scene.world.clock.advance(milliseconds: 1)
                if number % 3 == 0 {
                    _ = try await scene.backups.ask(
                        BackupRequest(kind: .file, target: scene.file), as: scene.admin)
                } else {
                    _ = try await scene.system()
                }
                if number % 20 == 19 { try await scene.kit.work() }
            }
            scene.world.clock.advance(milliseconds: 1)
            let waiting = try await scene.system()
            var seen: [BackupID] = []
            var cursor: BackupID?
            repeat {
                let page = try await scene.backups.list(before: cursor, limit: 25, as: scene.admin)
                seen += page.backups.map(\.record.id)
                cursor = page.next
            } while cursor != nil
            #expect(seen.count == 61)
            #expect(seen.first == waiting)
            var filter = BackupFilter()
            filter.kind = .file
            filter.target = scene.file
            #expect(try await scene.backups.list(filter, as: scene.admin).backups.count == 20)
            filter = BackupFilter()
            filter.state = .waiting
            #expect(try await scene.backups.list(filter, as: scene.admin).backups.map(\.record.id) == [waiting])
            filter = BackupFilter()
            filter.isIncremental = true
            #expect(try await scene.backups.list(filter, as: scene.admin).backups.isEmpty)
        }
    }
}
