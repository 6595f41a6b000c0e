import Backup
import BlobStore
import Crypto
import Database
import Testing
import Vault
import VaultTesting
import Versions

@Suite struct ArchiveRestoreTests {
    /// A vault whose real archives its service knows.
    private struct Scene {
        let archives: ArchiveWorld
        let backups: Backups
        let admin: Principal
        let alex: Principal
        var world: World { archives.world }

        init() async throws {
            archives = try await ArchiveWorld()
            let maker = archives.maker
            let work = ArchiveWork(sealed: maker, portable: nil, proving: StandInArchives(archives.world).work.proving)
            backups = Backups(archives.world.core, store: archives.store, work: work)
            admin = try await archives.world.person("Ada", "Min", role: .admin)
            alex = try await archives.world.person()
        }

        func backup(_ kind: BackupKind = .system, _ target: NodeID? = nil) async throws -> BackupID {
            let id = try await backups.ask(BackupRequest(kind: kind, target: target), as: admin).record.id
            try await world.core.leases.round()
            try await BackupRunner(backups).run(under: try #require(world.core.leases.held[.backups]))
            #expect(try await backups.describe(id, as: admin).record.state == .completed)
            return id
        }

        func restore(_ id: BackupID, _ request: ArchiveRestoreRequest = .init()) async throws -> ArchiveRestoreReport {
            let asked = try await backups.askRestore(id, request, as: admin)
            try await ArchiveRestoreWork(backups).run()
            return try await backups.restoreReport(asked.restore.id, as: admin)
        }

        func put(_ text: String, _ name: String, in folder: NodeID? = nil) async throws -> NodeID {
            try await world.put(text, at: name, in: folder, as: alex).node.id
        }

        func pass() { world.clock.advance(seconds: 60) }
        func close() async { await archives.close() }
    }

    @Test func anArchiveComesBackAsNewVersionsAndOverwritesNothing() async throws {
        let scene = try await Scene()
        let folder = try await scene.world.vault.createFolder(try NodeName("Contracts"), in: nil, as: scene.alex).id
        let changed = try await scene.put("first", "a.txt", in: folder)
        let deleted = try await scene.put("kept", "b.txt", in: folder)
        scene.pass()
        let backup = try await scene.backup()
        scene.pass()
        _ = try await scene.put("second", "a.txt", in: folder)
        let newer = try await scene.put("newer", "c.txt", in: folder)
        _ = try await scene.world.vault.trash.put(deleted, as: scene.alex)

        let preview = try await scene.restore(backup, .init(isDryRun: true))
        #expect(preview.restore.state == .completed)
        #expect(preview.counts.planned == 2)
        #expect(try await scene.world.text(of: changed, as: scene.alex) == "second")

        let report = try await scene.restore(backup)
        #expect(report.restore.state == .completed)
        #expect(report.counts.byAct == [.version: 1, .undelete: 1])
        #expect(report.counts.refused == 0)
        #expect(report.newerKept == 1)
        #expect(try await scene.world.text(of: changed, as: scene.alex) == "first")
        #expect(try await scene.world.text(of: deleted, as: scene.alex) == "kept")
        #expect(try await scene.world.text(of: newer, as: scene.alex) == "newer")
        let versions = try await History(scene.world.core)(changed, as: scene.alex).versions
        #expect(versions.map(\.cause) == [.restore, .edit, .upload])
        #expect(versions[0].meta.message?.contains(backup.description) == true)
        let left = try await scene.world.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM backup_restore_states") { $0.int(0) }
        }
        #expect(left == 0)
        let system = try await scene.world.database.read { try SystemVersions.latest(limit: 5, in: $0) }
        #expect(system.map(\.cause) == [.restore, .backup], "made, and brought back")
        await scene.close()
    }

    @Test func aSelectionByPathAndAnEarlierMomentComeBackAlone() async throws {
        let scene = try await Scene()
        let folder = try await scene.world.vault.createFolder(try NodeName("Contracts"), in: nil, as: scene.alex).id
        let a = try await scene.put("a1", "a.txt", in: folder)
        let b = try await scene.put("b1", "b.txt", in: folder)
        scene.pass()
        let moment = scene.world.clock.now()
        scene.pass()
        _ = try await scene.put("a2", "a.txt", in: folder)
        _ = try await scene.put("b2", "b.txt", in: folder)
        scene.pass()
        let backup = try await scene.backup(.folder, folder)
        scene.pass()
        let report = try await scene.restore(backup, .init(asOf: moment, selection: ["a.txt"]))
        #expect(report.counts.done == 1, "\(report)")
        #expect(try await scene.world.text(of: a, as: scene.alex) == "a1")
        #expect(try await scene.world.text(of: b, as: scene.alex) == "b2")
        let nothing = try await scene.restore(backup, .init(selection: ["nowhere.txt"]))
        #expect(nothing.restore.problem == .selectionNotFound)
        await scene.close()
    }

    @Test func contentsThatTheStoreLostOrDamagedComeBackOutOfTheArchive() async throws {
        let scene = try await Scene()
        let lost = try await scene.archives.put(100_000, "lost.bin", as: scene.alex)
        let damaged = try await scene.archives.put(150_000, "damaged.bin", as: scene.alex)
        let backup = try await scene.backup()
        let store = scene.world.blobs
        try await store.delete(BlobKey(lost.version.blob.value))
        let key = BlobKey(damaged.version.blob.value)
        let reader = try await store.reader(key)
        var bytes = try await reader.read(at: 0, count: Int(reader.sealedSize))
        bytes[90_000] ^= 1
        try await store.delete(key)
        let writer = try await store.writer(key)
        try await writer.append(SealedChunk(alreadySealed: bytes))
        _ = try await writer.finish()

        let report = try await scene.restore(backup)
        #expect((report.restore.mended, report.restore.lost) == (2, 0))
        for saved in [lost, damaged] {
            let opened = try await scene.world.vault.open(saved.node.id, as: scene.alex)
            let whole = try await opened.reader.readAll(limit: 1 << 20)
            var hasher = ContentHasher(md5: false)
            hasher.update(whole)
            #expect(hasher.finish().sha256 == saved.version.meta.sha256)
        }
        #expect(try await scene.restore(backup).restore.mended == 0)
        await scene.close()
    }

    @Test func whatWasShreddedIsRefusedAndAnArchiveThatIsGoneFailsInWords() async throws {
        let scene = try await Scene()
        let gone = try await scene.put("secret", "secret.txt")
        let backup = try await scene.backup()
        scene.pass()
        _ = try await scene.world.vault.trash.put(gone, as: scene.alex)
        _ = try await scene.world.vault.purge(gone, as: scene.alex)
        let report = try await scene.restore(backup)
        #expect(report.counts.byReason == [.shredded: 1])
        let lines = try await scene.backups.restoreItems(
            report.restore.id, outcome: .refused, limit: 10, cursor: nil, as: scene.admin)
        #expect(lines.items.map(\.node) == [gone])
        #expect(lines.items.first?.name == nil)

        for entry in try await scene.archives.store.list(prefix: "", after: nil, limit: 100) {
            try await scene.archives.store.delete(entry.name)
        }
        let failed = try await scene.restore(backup)
        #expect(failed.restore.state == .failed)
        #expect(failed.restore.problem == .archiveUnreadable)
        await #expect(throws: VaultError.roleForbids(.manageBackups)) {
            try await scene.backups.askRestore(backup, .init(), as: scene.alex)
        }
        await scene.close()
    }
}
