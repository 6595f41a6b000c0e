import Backup
import BlobStore
import Crypto
import Database
import Foundation
import Testing
import Vault
import VaultTesting

@testable import cloudspace

/// An empty machine, archives, a key bundle and the recovery key: the vault is back.
@Suite struct DisasterTests {
    /// A vault with archives, a bundle and the recovery key, each in a place of its own.
    final class Estate: Sendable {
        let vault: MovedVault
        let archives: String
        let bundles: String
        let recoveryKey: String
        static let ids = (1...3).map { BackupID(0x0192_0000_0000_7000_9000_0000_0000_0000 + UInt128($0)) }

        init() async throws {
            vault = try await MovedVault()
            archives = vault.directory("archives")
            bundles = vault.directory("bundles")
            recoveryKey = vault.directory("recovery.key")
        }

        var flags: [String] { vault.place.flags }

        func run(_ words: [String]) async throws -> Program.Result {
            try await Program.run(words + flags, environment: ["KEY_BUNDLE_STORE": bundles])
        }

        /// Makes an archive of the system by the vault's own parts, as the server does.
        func back(up id: BackupID, on base: BackupID? = nil) async throws -> ArchiveSummary {
            let database = try SQLiteDatabase(path: vault.place.database)
            let ring = try vault.ring
            let journal = VaultParts.journal(of: ring, on: database)
            let core = try VaultCore(
                database: database, blobs: try LocalBlobStore(directory: vault.place.data + "/blobs"), ring: ring,
                journal: journal, passwords: PasswordHasher())
            let rows = try ReadOnlySQLiteDatabase(path: vault.place.database)
            let maker = SealedArchiveMaker(core: core, journal: journal, rows: rows, programVersion: "test")
            let summary = try await maker.run(
                BackupOrder(id: id, scope: .system, mode: base.map { .incremental(on: $0) } ?? .full),
                into: try DirectoryArchiveStore(directory: archives))
            await rows.close()
            await database.close()
            return summary
        }

        /// The files of the newest bundle.
        func bundle() throws -> String {
            let names = FileManager.default.enumerator(atPath: bundles)?.compactMap { $0 as? String } ?? []
            let found = names.filter { $0.hasSuffix(".keys") }
            try #require(found.count == 1, "only the newest is kept: \(found)")
            return "\(bundles)/\(found[0])"
        }

        func restore(
            to target: Place, _ more: [String] = [], bundle: String? = nil, key: String? = nil
        ) async throws -> Program.Result {
            try await Program.run(
                [
                    "restore", "--from", archives, "--bundle", try bundle ?? self.bundle(), "--recovery-key-file",
                    key ?? recoveryKey,
                ]
                    + target.flags + more)
        }
    }

    @Test func anEmptyMachineIsTheSameVaultAgain() async throws {
        let estate = try await Estate()
        let vault = estate.vault
        let made = try await estate.run(["keys", "recovery-key", "create", "--out", estate.recoveryKey])
        #expect(made.status == 0, "\(made.errors)")
        _ = try await estate.back(up: Estate.ids[0])
        let later = try await Self.addFile(to: vault.place, "later", content(300_000, seed: 31))
        _ = try await estate.back(up: Estate.ids[1], on: Estate.ids[0])
        let doomed = try await Self.addFile(to: vault.place, "doomed", content(90_000, seed: 32))
        let last = try await estate.back(up: Estate.ids[2], on: Estate.ids[1])
        #expect(last.blobs == 1)
        // What is shredded after the archive, and before the bundle, stays shredded.
        try await Self.shred(doomed, in: vault.place)
        let bundled = try await estate.run(["keys", "bundle"])
        #expect(bundled.status == 0, "\(bundled.errors)")
        let checkpoint = vault.directory("checkpoint")
        let signed = try await Program.run(["journal", "checkpoint"] + vault.place.flags)
        try signed.output.write(toFile: checkpoint, atomically: true, encoding: .utf8)

        try FileManager.default.removeItem(atPath: vault.place.data)
        try FileManager.default.removeItem(atPath: vault.place.keys)
        let target = try Place()
        let result = try await estate.restore(to: target)
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        #expect(result.output.contains("taking \(Estate.ids[2])"))
        #expect(result.output.contains("1 files, 0 folders and 0 accounts were destroyed after the backup"))
        #expect(result.output.contains(doomed))

        for command in [["doctor", "--deep"], ["journal", "verify"], ["users", "list"]] {
            let answer = try await Program.run(command + target.flags)
            #expect(answer.status == 0, "\(command): \(answer.output) \(answer.errors)")
        }
        try await vault.expectContents(servedWith: target.flags)
        let server = try await RunningServer(target)
        try await blocking {
            let ama = try Session(at: server, email: MovedVault.email)
            let reply = try ama.connection.send("GET", "/api/files/\(later)/download")
            #expect(reply.status == 200 && reply.body == content(300_000, seed: 31))
            let gone = try ama.connection.send("GET", "/api/files/\(doomed)/download")
            #expect(gone.status == 404)
        }
        #expect(await server.stop() == 0)
        let events = try await Self.actions(in: target)
        #expect(events.contains("vault_restored"))
    }

    @Test func whatDoesNotFitIsRefusedInWordsAndNothingIsMade() async throws {
        let estate = try await Estate()
        _ = try await estate.run(["keys", "recovery-key", "create", "--out", estate.recoveryKey])
        _ = try await estate.run(["keys", "bundle"])
        let old = estate.vault.directory("old.keys")
        try FileManager.default.copyItem(atPath: try estate.bundle(), toPath: old)
        _ = try await Self.addFile(to: estate.vault.place, "later", content(300_000, seed: 31))
        _ = try await estate.back(up: Estate.ids[0])
        _ = try await estate.run(["keys", "bundle"])
        let target = try Place()
        func expect(_ words: String, _ result: Program.Result, line: Int = #line) {
            #expect(result.status == 2, "line \(line): \(result.output) \(result.errors)")
            #expect(result.errors.contains(words), "line \(line): \(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: target.database), "line \(line)")
        }
        expect("is older than backup", try await estate.restore(to: target, bundle: old))
        let other = estate.vault.directory("other.key")
        try Data("\(RecoverySecretKey().line)\n".utf8).write(to: URL(fileURLWithPath: other))
        expect("is sealed to the recovery key with fingerprint", try await estate.restore(to: target, key: other))
        expect("no key bundle", try await estate.restore(to: target, bundle: estate.recoveryKey))
        expect("has no manifest", try await estate.restore(to: target, ["--backup", "\(Estate.ids[1])"]))
        let volume = "\(estate.archives)/\(Estate.ids[0])/0001.zip"
        let whole = try Data(contentsOf: URL(fileURLWithPath: volume))
        try whole.prefix(whole.count - 100).write(to: URL(fileURLWithPath: volume))
        expect("is cut off", try await estate.restore(to: target, ["--backup", "\(Estate.ids[0])"]))
        try whole.write(to: URL(fileURLWithPath: volume))
        let occupied = try await Program.run(
            [
                "restore", "--from", estate.archives, "--bundle", try estate.bundle(), "--recovery-key-file",
                estate.recoveryKey,
            ]
                + estate.vault.place.flags)
        #expect(occupied.status == 2)
        #expect(occupied.errors.contains("holds a vault already"))
    }

    @Test func aRestoreThatIsKilledBeginsAnewAndNothingOpensItBefore() async throws {
        let estate = try await Estate()
        _ = try await estate.run(["keys", "recovery-key", "create", "--out", estate.recoveryKey])
        _ = try await estate.back(up: Estate.ids[0])
        _ = try await estate.run(["keys", "bundle"])
        var target = try Place()
        var isCaught = false
        for _ in 0..<20 where !isCaught {
            target = try Place()
            let words =
                [
                    "restore", "--from", estate.archives, "--bundle", try estate.bundle(), "--recovery-key-file",
                    estate.recoveryKey,
                ]
                + target.flags
            let child = try ChildProcess("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", Program.path] + words)
            _ = await child.line(beginning: "verify references")
            child.signal(SIGKILL)
            isCaught = await child.exit() != 0
            if isCaught { isCaught = try await !Self.isVault(target) }
        }
        try #require(isCaught)
        let early = try await Program.run(["users", "list"] + target.flags)
        #expect(early.status != 0)
        let again = try await estate.restore(to: target)
        #expect(again.status == 0, "\(again.output) \(again.errors)")
        #expect(again.errors.contains("beginning anew"))
        try await estate.vault.expectContents(servedWith: target.flags)
    }

    private static func isVault(_ place: Place) async throws -> Bool {
        let database = try SQLiteDatabase(path: place.database)
        let isVault = try await database.read { try $0.exists("SELECT 1 FROM vault_info") }
        await database.close()
        return isVault
    }

    private static func addFile(to place: Place, _ name: String, _ bytes: [UInt8]) async throws -> String {
        let server = try await RunningServer(place)
        let id = try await blocking { try Session(at: server, email: MovedVault.email).upload(name, bytes) }
        #expect(await server.stop() == 0)
        return id
    }

    private static func shred(_ file: String, in place: Place) async throws {
        let server = try await RunningServer(place)
        try await blocking {
            let http = try Session(at: server, email: MovedVault.email).connection
            #expect(try http.send("DELETE", "/api/files/\(file)").status == 200)
            #expect(try http.send("DELETE", "/api/trash/\(file)").status == 200)
        }
        #expect(await server.stop() == 0)
    }

    private static func actions(in place: Place) async throws -> [String] {
        let database = try SQLiteDatabase(path: place.database)
        let actions = try await database.read { snapshot in
            try snapshot.all("SELECT action FROM journal_events ORDER BY sequence") { $0.text(0) }
        }
        await database.close()
        return actions
    }
}
