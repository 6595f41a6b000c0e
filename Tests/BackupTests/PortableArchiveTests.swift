import Archive
import BlobStore
import Crypto
import Database
import Foundation
import Testing
import Vault
import VaultTesting

@testable import Backup

@Suite struct PortableArchiveTests {
    private static let password = "a long enough password"

    /// A vault, where archives are kept, and a maker.
    private struct Scene {
        let world: World
        let place: TemporaryDirectory
        let store: DirectoryArchiveStore
        let maker: PortableArchiveMaker
        let alex: Principal

        init(settings: VaultSettings = VaultSettings()) async throws {
            world = try await World(settings: settings, schemas: [World.backupSchema])
            place = try TemporaryDirectory()
            store = try DirectoryArchiveStore(directory: place.path + "/archives")
            maker = PortableArchiveMaker(core: world.core, rows: world.database)
            alex = try await world.person()
        }

        func make(
            _ scope: BackupScope, _ mode: BackupMode = .full, password: String = PortableArchiveTests.password,
            volume: Int64 = BackupOrder.defaultVolume, progress: any WorkProgress = NoProgress()
        ) async throws -> ArchiveSummary {
            let secret = SecretBytes(copying: Array(password.utf8))
            return try await maker.run(
                BackupOrder(id: BackupID(7), scope: scope, mode: mode, volumeLimit: volume), password: secret,
                into: store, progress: progress)
        }

        func file(_ volume: ArchiveVolume) -> String { "\(place.path)/archives/\(volume.name)" }

        func put(_ content: [UInt8], at name: String, in parent: NodeID? = nil) async throws -> SavedContent {
            var request = SaveRequest(target: .place(parent: parent, name: try NodeName(name), conflict: .version))
            request.origin = .imported(modified: Timestamp(milliseconds: 1_600_000_000_000))
            return try await world.vault.save(request, .bytes(content), as: alex)
        }
    }

    private func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @discardableResult
    private func shell(_ command: String, in directory: String) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        process.executableURL = URL(fileURLWithPath: "/bin/sh")
                        process.arguments = ["-c", command]
                        process.currentDirectoryURL = URL(fileURLWithPath: directory)
                        process.environment = ProcessInfo.processInfo.environment.merging([
                            "LC_ALL": "C.UTF-8", "TZ": "UTC",
                        ]) { $1 }
                        let pipe = Pipe()
                        process.standardOutput = pipe
                        process.standardError = pipe
                        process.standardInput = FileHandle.nullDevice
                        try process.run()
                        let output = pipe.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
                    })
            }
        }
    }

    private func contents(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    @Test func otherProgramsOpenASpaceWithThePassword() async throws {
        let scene = try await Scene()
        let folder = try await scene.world.vault.createFolder(try NodeName("Été"), in: nil, as: scene.alex)
        let large = bytes(1_500_000)
        _ = try await scene.put(Array("one".utf8), at: "notes.txt")
        _ = try await scene.put(Array("two".utf8), at: "notes.txt")
        _ = try await scene.put(large, at: "grand ü.bin", in: folder.id)
        _ = try await scene.put([], at: "empty")
        let summary = try await scene.make(.space(scene.alex.space))
        #expect(summary.files == 3)
        #expect(summary.folders == 1)
        #expect(summary.bytes == 1_500_003)
        let volume = try #require(summary.volumes.first)
        let file = scene.file(volume)
        #expect(volume.sha256 == SHA256Hash.of(try contents(file)))
        for (index, command) in [
            "7zz x -y -o0 '-p\(Self.password)' '\(file)'",
            "mkdir 1 && bsdtar --passphrase '\(Self.password)' -xf '\(file)' -C 1",
        ].enumerated() {
            let outcome = try await shell(command, in: scene.place.path)
            #expect(outcome.status == 0, "\(outcome.output)")
            let root = "\(scene.place.path)/\(index)"
            #expect(try contents(root + "/notes.txt") == Array("two".utf8))
            #expect(try contents(root + "/Été/grand ü.bin") == large)
            #expect(try contents(root + "/empty") == [])
            let attributes = try FileManager.default.attributesOfItem(atPath: root + "/notes.txt")
            #expect((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == 1_600_000_000)
            let manifest = try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: root + "/.cloudspace/manifest-0001.json")))
            let entries = (manifest as? [String: Any])?["entries"] as? [[String: Any]] ?? []
            #expect(
                Set(entries.compactMap { $0["path"] as? String }) == ["notes.txt", "Été", "Été/grand ü.bin", "empty"])
            let notes = entries.first { $0["path"] as? String == "notes.txt" }
            #expect(notes?["version"] as? Int == 2)
            #expect(notes?["sha256"] as? String == Hex.encode(SHA256Hash.of(Array("two".utf8))))
        }
        let listing = try await shell("unzip -l '\(file)'", in: scene.place.path)
        #expect(listing.status == 0)
        #expect(listing.output.contains("notes.txt"))
        let wrong = try await shell("7zz t -pwrong '\(file)'", in: scene.place.path)
        #expect(wrong.status != 0)
        await scene.world.close()
    }

    @Test func nothingPlainIsInTheArchive() async throws {
        let scene = try await Scene()
        let marker = Array("MARKER-7f3a9c".utf8)
        _ = try await scene.put(marker + [UInt8](repeating: 65, count: 100_000) + marker, at: "a.txt")
        _ = try await scene.put(marker, at: "b.txt")
        let summary = try await scene.make(.space(scene.alex.space))
        let found = try await shell("grep -r -a -l 'MARKER-7f3a9c' '\(scene.place.path)'", in: "/")
        #expect(found.output == "")
        #expect(summary.volumes.count == 1)
        let scratch = try FileManager.default.contentsOfDirectory(atPath: scene.store.scratch)
        #expect(scratch == [])
        await scene.world.close()
    }

    @Test func everyScopeShowsWhatIsInIt() async throws {
        let scene = try await Scene()
        let maria = try await scene.world.person("Maria", "Smith")
        let folder = try await scene.world.vault.createFolder(
            try NodeName("Plans"), kind: .cabinet, in: nil, as: scene.alex)
        let file = try await scene.put([1], at: "a", in: folder.id)
        _ = try await scene.put([2], at: "outside")
        try await scene.world.put("hers", at: "b", as: maria)
        func paths(_ scope: BackupScope) async throws -> Set<String> {
            let summary = try await scene.make(scope)
            let path = scene.file(try #require(summary.volumes.first))
            let entries = try await OwnThread.run {
                try ZIPVolumeReader(try FileInput(path: path)).entries.map(\.name)
            }
            return Set(entries).subtracting([".cloudspace/manifest-0001.json"])
        }
        #expect(try await paths(.file(file.node.id)) == ["a"])
        #expect(try await paths(.folder(folder.id, .cabinet)) == ["Plans/", "Plans/a"])
        #expect(try await paths(.space(scene.alex.space)) == ["Plans/", "Plans/a", "outside"])
        #expect(
            try await paths(.system) == [
                "alex.davidson@example.com/", "alex.davidson@example.com/Plans/", "alex.davidson@example.com/Plans/a",
                "alex.davidson@example.com/outside", "maria.smith@example.com/", "maria.smith@example.com/b",
            ])
        await #expect(throws: ArchiveRefusal.nothingToBackUp) { try await scene.make(.file(NodeID(99))) }
        await scene.world.close()
    }

    @Test func volumesAreBoundedAndEachIsWhole() async throws {
        let scene = try await Scene()
        for number in 0..<5 { _ = try await scene.put(bytes(6 << 20, seed: UInt64(number)), at: "f\(number)") }
        let summary = try await scene.make(.space(scene.alex.space), volume: BackupOrder.smallestVolume)
        #expect(summary.volumes.count == 3)
        for volume in summary.volumes {
            #expect(volume.size <= BackupOrder.smallestVolume)
            let outcome = try await shell("7zz t '-p\(Self.password)' '\(scene.file(volume))'", in: "/")
            #expect(outcome.status == 0, "\(outcome.output)")
        }
        await scene.world.close()
    }

    @Test func weakPasswordsAndIncrementsAreRefused() async throws {
        let scene = try await Scene()
        _ = try await scene.put([1], at: "a")
        for password in ["", "elevenchars", "ééééééééééé"] {
            await #expect(throws: VaultError.invalid(field: "mot_de_passe", .tooShort(minimum: 12))) {
                try await scene.make(.space(scene.alex.space), password: password)
            }
        }
        await #expect(throws: ArchiveRefusal.unfitBase(BackupID(3))) {
            try await scene.make(.space(scene.alex.space), .incremental(on: BackupID(3)))
        }
        #expect(try await scene.store.list(prefix: "", after: nil, limit: 10) == [])
        await scene.world.close()
    }

    /// Ends the work at its first step.
    private struct Ended: WorkProgress {
        struct Cancelled: Error {}
        func expect(entries: Int, bytes: Int64) {}
        func advance(entries: Int, bytes: Int64) {}
        func check() throws { throw Cancelled() }
    }

    @Test func anArchiveThatIsGivenUpLeavesNothing() async throws {
        let scene = try await Scene()
        _ = try await scene.put(bytes(100_000), at: "a")
        await #expect(throws: Ended.Cancelled.self) {
            try await scene.make(.space(scene.alex.space), progress: Ended())
        }
        #expect(try await scene.store.list(prefix: "", after: nil, limit: 10) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.store.scratch) == [])
        await scene.world.close()
    }

    @Test func aPortableArchiveComesBack() async throws {
        let scene = try await Scene()
        let folder = try await scene.world.vault.createFolder(try NodeName("Été"), in: nil, as: scene.alex)
        let content = bytes(400_000)
        let file = try await scene.put(content, at: "a.bin", in: folder.id)
        let summary = try await scene.make(.space(scene.alex.space))
        _ = try await scene.put([1, 2, 3], at: "a.bin", in: folder.id)
        let volume = try #require(summary.volumes.first)
        let name = try #require(ArchiveName(volume.name))
        let input = try await scene.store.reader(name)
        let secret = ZIPPassword(SecretBytes(copying: Array(Self.password.utf8)))
        let password = try #require(secret)
        let imports = Imports(vault: scene.world.vault)
        let id = try await imports.restore(input, into: nil, password: password, as: scene.alex)
        await imports.finish(id)
        let report = try await imports.report(id, as: scene.alex)
        #expect(report.state == .completed)
        #expect(report.counts.versioned == 1)
        #expect(report.counts.created == 0)
        #expect(report.counts.refused == 0)
        let opened = try await scene.world.vault.open(file.node.id, as: scene.alex)
        #expect(opened.version.number == 3)
        #expect(opened.version.cause == .imported)
        #expect(opened.version.meta.modified == Timestamp(milliseconds: 1_600_000_000_000))
        #expect(try await opened.reader.readAll(limit: 1 << 20) == content)
        await scene.world.close()
    }
}
