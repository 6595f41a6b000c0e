import BlobStore
import Database
import Testing
import Vault
import VaultTesting

@testable import Backup

@Suite struct RunningTests {
    @Test func whatFailsForGoodSaysWhyAndLeavesNothing() async throws {
        try await withBackups { scene in
            scene.kit.archives.fail(BlobStoreError.full)
            scene.kit.archives.leaveFiles()
            let id = try await scene.system()
            try await scene.kit.work()
            let failed = try await scene.backups.describe(id, as: scene.admin).record
            #expect(failed.state == .failed)
            #expect(failed.problem?.code == .storeFull)
            #expect(try await scene.events("backup_failed") == 1)
            #expect(try await scene.kit.files() == [], "what it left is removed in the same round or the next")
        }
    }

    /// The table as the security document names it, and the version row that a backup of the system is.
    @Test func theDocumentsTableShowsWhatWasMade() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            try await scene.kit.work()
            let row = try await scene.world.database.read { snapshot in
                try snapshot.first("SELECT type, statut, declencheur, chemin FROM sauvegardes WHERE id = \(id)") {
                    [$0.text(0), $0.text(1), $0.text(2), $0.text(3)]
                }
            }
            #expect(row == ["systeme", "terminee", "personne", "\(scene.kit.store.place)/\(id)/"])
            let versions = try await scene.world.database.read { snapshot in
                try snapshot.all("SELECT number, cause FROM system_versions") { [String($0.integer(0)), $0.text(1)] }
            }
            #expect(versions == [["1", "backup"]])
        }
    }

    @Test func whatIsAwayForAWhileIsTriedAgainLater() async throws {
        try await withBackups { scene in
            scene.kit.archives.fail(BlobStoreError.unavailable("nothing answers"), BlobStoreError.unavailable("still"))
            let id = try await scene.system()
            try await scene.kit.work()
            #expect(try await scene.state(id) == .waiting)
            #expect(try await scene.backups.describe(id, as: scene.admin).record.problem?.code == .storeUnavailable)
            try await scene.kit.work()
            #expect(scene.kit.archives.made.count == 1, "not at once")
            scene.world.clock.advance(seconds: 31)
            try await scene.kit.work()
            #expect(try await scene.state(id) == .waiting)
            scene.world.clock.advance(seconds: 121)
            try await scene.kit.work()
            #expect(try await scene.state(id) == .completed)
            #expect(try await scene.events("backup_failed") == 0)
        }
    }

    @Test func aNodeThatDiesLeavesItsWorkToTheNextWhichBeginsAnewThreeTimes() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            try await scene.world.core.leases.round()
            let lease = try #require(scene.world.core.leases.held[.backups])
            for _ in 1...3 {
                #expect(try await scene.state(id) == .waiting)
                // Another term had it in hand, and is no more.
                try await scene.world.database.write { transaction in
                    try transaction.run(
                        """
                        UPDATE backups SET state = 'running', attempts = attempts + 1, term = \(lease.term - 1)
                        WHERE state = 'waiting'
                        """)
                }
                try await scene.kit.store.keep([1], as: try #require(ArchiveName("\(id)/0009.zip")))
                try await BackupRunner(scene.backups).recover(lease)
            }
            let record = try await scene.backups.describe(id, as: scene.admin).record
            #expect(record.state == .failed)
            #expect(record.problem?.code == .interrupted)
            try await scene.kit.work()
            #expect(try await scene.kit.files() == [])
        }
    }

    @Test func whatAnEarlierTryLeftIsRemovedBeforeTheNextBegins() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            try await scene.kit.store.keep([1], as: try #require(ArchiveName("\(id)/0009.zip")))
            try await scene.world.database.write { transaction in
                try transaction.run("UPDATE backups SET state = 'running', attempts = 1, term = 0")
            }
            try await scene.kit.work()
            #expect(try await scene.state(id) == .completed)
            #expect(try await scene.kit.files() == ["\(id)/0001.zip"])
        }
    }

    @Test func aBackupThatWaitsIsCancelledAtOnceAndOneUnderWaySoon() async throws {
        try await withBackups { scene in
            let waiting = try await scene.system()
            #expect(try await scene.backups.cancel(waiting, as: scene.admin).record.state == .cancelled)
            await #expect(throws: VaultError.backup(.ended)) {
                _ = try await scene.backups.cancel(waiting, as: scene.admin)
            }
            let running = try await scene.system()
            scene.kit.archives.gate()
            let work = Task { try await scene.kit.work() }
            await scene.kit.archives.reached()
            let asked = try await scene.backups.cancel(running, as: scene.admin)
            #expect(asked.record.isCancelAsked)
            scene.kit.archives.open()
            try await work.value
            #expect(try await scene.state(running) == .cancelled)
            #expect(try await scene.events("backup_cancelled") == 2)
            #expect(try await scene.events("backup_completed") == 0)
            #expect(try await scene.kit.files() == [])
        }
    }

    @Test func aServerThatStopsPutsTheWorkBack() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            scene.kit.archives.gate()
            let work = Task { try await scene.kit.work() }
            await scene.kit.archives.reached()
            #expect(try await scene.state(id) == .running)
            work.cancel()
            _ = await work.result
            #expect(try await scene.state(id) == .waiting)
            try await scene.kit.work()
            #expect(try await scene.state(id) == .completed)
        }
    }

    @Test func whoLostTheLeaseChangesNothingMore() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            scene.kit.archives.gate()
            let work = Task { try await scene.kit.work() }
            await scene.kit.archives.reached()
            try await scene.world.database.write { transaction in
                try transaction.run("UPDATE leases SET term = term + 1 WHERE name = 'backups'")
            }
            scene.kit.archives.open()
            await #expect(throws: LeaseLost.self) { try await work.value }
            #expect(try await scene.state(id) == .running, "the next holder of the lease sees it by its term")
            #expect(try await scene.events("backup_completed") == 0)
        }
    }

    @Test func aChainIsDeletedWholeOrNotAtAll() async throws {
        try await withBackups { scene in
            let full = try await scene.system()
            try await scene.kit.work()
            let increment = try await scene.system(true)
            await #expect(throws: VaultError.backup(.hasIncrements([increment]))) {
                _ = try await scene.backups.delete(full, withIncrements: false, as: scene.admin)
            }
            await #expect(throws: VaultError.backup(.busy)) {
                _ = try await scene.backups.delete(full, withIncrements: true, as: scene.admin)
            }
            try await scene.kit.work()
            let gone = try await scene.backups.delete(full, withIncrements: true, as: scene.admin)
            #expect(gone == [increment, full])
            #expect(try await scene.state(full) == .deleting)
            await #expect(throws: VaultError.backup(.notCompleted)) {
                _ = try await scene.backups.open(full, volume: nil, as: scene.admin)
            }
            try await scene.kit.work()
            await #expect(throws: VaultError.notFound(.backup)) { _ = try await scene.state(full) }
            #expect(try await scene.kit.files() == [])
            #expect(try await scene.events("backup_deleted") == 2)
        }
    }

    /// Its password is not kept, so its volumes are held against the hashes of the rows, and it is not drilled.
    @Test func aPortableArchiveIsVerifiedByTheHashesOfItsVolumes() async throws {
        try await withBackups { scene in
            let id = try await scene.backups.ask(
                BackupRequest(kind: .system, form: .portable, password: "correct horse battery", reason: "r"),
                as: scene.admin
            ).record.id
            try await scene.kit.work()
            await #expect(throws: VaultError.backup(.sealedOnly)) {
                _ = try await scene.backups.check(id, .drill, as: scene.admin)
            }
            _ = try await scene.backups.check(id, .verification, as: scene.admin)
            try await scene.kit.work()
            var proof = try await scene.backups.describe(id, as: scene.admin).record.verification
            #expect(proof?.passed == true)
            let name = try #require(ArchiveName("\(id)/0001.zip"))
            var bytes = try await scene.kit.store.reader(name).read(at: 0, count: 1 << 20)
            bytes[17] ^= 1
            try await scene.kit.store.keep(bytes, as: name)
            scene.world.clock.advance(seconds: 1)
            _ = try await scene.backups.check(id, .verification, as: scene.admin)
            try await scene.kit.work()
            let details = try await scene.backups.describe(id, as: scene.admin)
            proof = details.record.verification
            #expect(proof?.passed == false)
            #expect(details.checks.first?.findings == [.init(code: "volume_altered", subject: name.text)])
        }
    }

    @Test func aVerificationWritesDownWhatItFound() async throws {
        try await withBackups { scene in
            let id = try await scene.system()
            await #expect(throws: VaultError.backup(.notCompleted)) {
                _ = try await scene.backups.check(id, .verification, as: scene.admin)
            }
            try await scene.kit.work()
            let asked = try await scene.backups.check(id, .drill, sample: 2, as: scene.admin)
            #expect(asked.checks.first?.state == .waiting)
            await #expect(throws: VaultError.backup(.busy)) {
                _ = try await scene.backups.check(id, .drill, as: scene.admin)
            }
            try await scene.kit.work()
            var details = try await scene.backups.describe(id, as: scene.admin)
            #expect(details.record.provenAt != nil)
            #expect(details.record.drill?.passed == true)
            #expect(scene.kit.archives.drilled.first?.1 == 2)

            scene.world.clock.advance(seconds: 1)
            scene.kit.archives.find(.init(code: "entry_altered", subject: "blobs/ab"))
            _ = try await scene.backups.check(id, .verification, as: scene.admin)
            try await scene.kit.work()
            details = try await scene.backups.describe(id, as: scene.admin)
            #expect(details.record.verification?.passed == false)
            #expect(details.checks.first?.findings == [.init(code: "entry_altered", subject: "blobs/ab")])
            let told = try await scene.world.vault.notifications.list(as: scene.admin).entries
            #expect(told.map(\.kind) == [.backupUnproven])
            await #expect(throws: VaultError.backup(.noBase)) { _ = try await scene.system(true) }
        }
    }
}
