import API
import Archive
import Backup
import BlobStore
import Crypto
import Database
import HTTP
import Testing
import Vault
import VaultTesting

/// ZIP archives in memory.
enum ArchiveFile {
    static let moment: Int64 = 1_600_000_000

    static func of(_ files: [(path: String, content: String)]) throws -> [UInt8] {
        try of(files.map { ($0.path, Array($0.content.utf8)) })
    }

    static func of(_ files: [(path: String, content: [UInt8])]) throws -> [UInt8] {
        let zip = try ZIPWriter()
        for file in files {
            try zip.begin(
                ArchiveEntry(path: file.path, kind: .file(size: Int64(file.content.count)), modified: moment))
            try zip.write(file.content)
        }
        try zip.finish()
        return zip.take()
    }
}

@Suite struct ImportTests {
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    private func zip(_ archive: [UInt8]) -> HTTPTestClient.Part {
        .file("file", "a.zip", archive, contentType: "application/zip")
    }

    private func names(in folder: String?, _ client: HTTPTestClient) async throws -> [String] {
        let place = folder.map { "?parent_id=\($0)" } ?? ""
        let answer = try await client.get("/api/drive/contents\(place)")
        try #require(answer.status == 200, "\(answer.text)")
        let json = try answer.json()
        return ["folders", "files"].flatMap { list -> [String] in
            guard case .array(let entries)? = json[list] else { return [] }
            return entries.compactMap { if case .string(let name)? = $0["name"] { name } else { nil } }
        }.sorted()
    }

    @Test func anArchiveBecomesFilesAndFolders() async throws {
        try await withService { service in
            let alex = try await service.person()
            let known = try await alex.client.put("old", at: "known.txt").text("id")
            let large = bytes(700_000)
            let archive = try ArchiveFile.of([
                ("Été/notes/a.txt", Array("hello".utf8)), ("known.txt", Array("new".utf8)), ("Été/large.bin", large),
                ("../up.txt", Array("evil".utf8)), ("empty", []),
            ])
            let answer = try await alex.client.form("/api/drive/import", [zip(archive)])
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.text("state") == "completed")
            for (member, value) in [
                ("entries", 5), ("done", 5), ("created", 3), ("versioned", 1), ("folders", 2), ("refused", 1),
            ] {
                #expect(try answer.member(member) == .integer(Int64(value)), "\(member)")
            }
            #expect(try answer.member("report", "0", "outcome") == .string("created"))
            #expect(try answer.member("report", "1", "file_id") == .string(known))
            #expect(try answer.member("report", "3", "code") == .string("path_traversal"))
            #expect(try answer.member("report", "3", "reason") == .string("Its path leads out of the folder"))
            #expect(try await names(in: nil, alex.client) == ["empty", "known.txt", "Été"].sorted())
            guard case .string(let id)? = try answer.member("report", "2", "file_id") else {
                Issue.record("no id")
                return
            }
            #expect(try await alex.client.get("/api/files/\(id)/download").body == large)
            let versions = try await alex.client.get("/api/fichiers/\(known)/versions")
            #expect(try versions.member("versions", "0", "cause") == .string("import"))
            #expect(try versions.member("versions", "1", "cause") == .string("upload"))
            // Nothing of the archive itself is left.
            let blobs = try await service.world.blobs.list(after: nil, limit: 10)
            #expect(blobs.filter { $0.key != BlobStoreMark.key }.count == 1)
            let actions = try await service.world.database.read { snapshot in
                try snapshot.all("SELECT action FROM journal_events ORDER BY sequence") { $0.text(0) }
            }
            #expect(actions.filter { $0 == "archive_imported" }.count == 1)
            #expect(actions.filter { $0 == "file_uploaded" }.count == 4)
        }
    }

    @Test func theFolderAndTheConflictMayFollowTheFile() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Target")
            try await alex.client.put("old", at: "a.txt", in: folder)
            let archive = try ArchiveFile.of([("a.txt", "new")])
            let parent = HTTPTestClient.Part.field("parent_id", folder)
            let renamed = try await alex.client.form(
                "/api/drive/import", [zip(archive), parent, .field("on_conflict", "rename")])
            #expect(try renamed.member("report", "0", "outcome") == .string("renamed"))
            #expect(try renamed.member("report", "0", "name") == .string("a (1).txt"))
            let refused = try await alex.client.form(
                "/api/drive/import", [parent, .field("on_conflict", "refuse"), zip(archive)])
            #expect(try refused.member("report", "0", "code") == .string("name_taken"))
            let raw = try await alex.client.raw("/api/drive/import?parent_id=\(folder)", archive)
            #expect(try raw.member("report", "0", "outcome") == .string("versioned"))
            #expect(try await names(in: folder, alex.client) == ["a (1).txt", "a.txt"])
        }
    }

    @Test func whatIsNoArchiveIsRefusedAndLeavesNothing() async throws {
        try await withService { service in
            let alex = try await service.person()
            let archive = try ArchiveFile.of([("a", bytes(60_000))])
            let cases: [([UInt8], Int, String)] = [
                (bytes(100_000), 422, "not_an_archive"), (Array(archive.dropLast(10)), 422, "not_an_archive"),
                (Array(archive.dropFirst(10)), 422, "archive_damaged"),
            ]
            for (body, status, code) in cases {
                let answer = try await alex.client.form("/api/drive/import", [zip(body)])
                #expect(answer.status == status)
                #expect(answer.code == code)
            }
            #expect(try await alex.client.form("/api/drive/import", [.field("parent_id", "")]).code == "no_file")
            let blobs = try await service.world.blobs.list(after: nil, limit: 10)
            #expect(blobs.filter { $0.key != BlobStoreMark.key } == [])
            #expect(try await names(in: nil, alex.client) == [])
        }
    }

    @Test func anEntryThatBreaksIsLeftOutWhole() async throws {
        try await withService { service in
            let alex = try await service.person()
            var archive = try ArchiveFile.of([("broken.bin", bytes(400_000)), ("good.txt", Array("good".utf8))])
            archive[200_000] ^= 1
            let answer = try await alex.client.form("/api/drive/import", [zip(archive)])
            #expect(try answer.member("report", "0", "code") == .string("wrong_crc"))
            #expect(try answer.member("report", "1", "outcome") == .string("created"))
            #expect(try await names(in: nil, alex.client) == ["good.txt"])
        }
    }

    @Test func theStorageLimitHolds() async throws {
        try await withService(limit: 100_000) { service in
            let alex = try await service.person()
            let archive = try ArchiveFile.of([("a", bytes(20_000)), ("b", bytes(90_000)), ("c", bytes(10_000))])
            // The archive itself is not what counts: it goes again.
            let answer = try await alex.client.form("/api/drive/import", [zip(archive)])
            #expect(try answer.member("report", "1", "code") == .string("storage_limit_exceeded"))
            #expect(try await names(in: nil, alex.client) == ["a", "c"])
        }
    }

    @Test func limitsOfTheServerHold() async throws {
        var settings = ApplicationSettings()
        settings.imports.limits.entries = 1
        try await withService(application: settings) { service in
            let alex = try await service.person()
            let answer = try await alex.client.form(
                "/api/drive/import", [zip(try ArchiveFile.of([("a", "1"), ("b", "2")]))])
            #expect(answer.status == 413)
            #expect(answer.code == "archive_too_many_entries")
        }
    }

    @Test func anEncryptedArchiveNeedsItsPassword() async throws {
        try await withService { service in
            let alex = try await service.person()
            let place = try TemporaryDirectory()
            let file = place.path + "/a.zip"
            let password = ZIPPassword(SecretBytes(copying: Array("a long enough password".utf8)))
            _ = try await ZIPVolumeWriter().write(
                [ZIPSource(path: "a.txt", bytes: bytes(1_000))], to: file, password: password)
            let input = try FileInput(path: file)
            let archive = try await OwnArchive.bytes(input)
            let none = try await alex.client.form("/api/drive/import", [zip(archive)])
            #expect(try none.member("report", "0", "code") == .string("password_needed"))
            let wrong = try await alex.client.form(
                "/api/drive/import", [zip(archive), .field("password", "wrong one")])
            #expect(wrong.status == 422)
            #expect(wrong.code == "archive_wrong_password")
            let right = try await alex.client.raw(
                "/api/drive/import", archive, headers: [("Archive-Password", "a long enough password")])
            #expect(try right.member("report", "0", "outcome") == .string("created"))
        }
    }

    @Test func anImportIsItsPersonsAlone() async throws {
        try await withService { service in
            let alex = try await service.person()
            let maria = try await service.person("Maria", "Smith")
            let folder = try await alex.client.folder("Private")
            let archive = try ArchiveFile.of([("a", "1")])
            let own = try await alex.client.form("/api/drive/import", [zip(archive)]).text("id")
            #expect(try await alex.client.get("/api/drive/import/\(own)").status == 200)
            #expect(try await maria.client.get("/api/drive/import/\(own)").status == 404)
            #expect(try await maria.client.delete("/api/drive/import/\(own)").status == 404)
            #expect(try await alex.client.delete("/api/drive/import/\(own)").code == "import_over")
            #expect(try await alex.client.get("/api/drive/import/none").status == 404)
            let foreign = try await maria.client.form("/api/drive/import", [.field("parent_id", folder), zip(archive)])
            #expect(foreign.status == 403)
            let reader = try await service.person("Rita", "Reader", role: .lecteur)
            #expect(try await reader.client.form("/api/drive/import", [zip(archive)]).status == 403)
            #expect(try await service.anyone.get("/api/drive/import/\(own)").status == 401)
        }
    }

    @Test func aLargeImportIsFollowedInPages() async throws {
        try await withService { service in
            let alex = try await service.person()
            let archive = try ArchiveFile.of((0..<450).map { ("f/\($0).txt", "\($0)") })
            let begun = try await alex.client.raw("/api/drive/import", archive, headers: [("Prefer", "respond-async")])
            let id = begun.text("id")
            #expect(begun.headers.first("Location") == "/api/drive/import/\(id)")
            var report = begun
            while report.text("state") == "running" { report = try await alex.client.get("/api/drive/import/\(id)") }
            #expect(report.text("state") == "completed")
            var paths: [String] = []
            var cursor: String? = "0"
            while let place = cursor {
                let page = try await alex.client.get("/api/drive/import/\(id)?limit=130&cursor=\(place)")
                guard case .array(let lines)? = try page.member("report") else { break }
                paths += lines.compactMap { if case .string(let path)? = $0["path"] { path } else { nil } }
                cursor = page.string("next_cursor")
            }
            #expect(paths == (0..<450).map { "f/\($0).txt" })
        }
    }

    @Test func whatABreakdownLeftRunningIsFoundInterrupted() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.form("/api/drive/import", [zip(try ArchiveFile.of([("a", "1")]))]).text("id")
            // As the row of a node is that was killed in the middle.
            let row = try #require(ImportID(id))
            try await service.world.database.write { transaction in
                try transaction.run(
                    "UPDATE imports SET state = 'running', cluster_node_id = \(ImportID(1)) WHERE id = \(row)")
            }
            #expect(try await alex.client.get("/api/drive/import/\(id)").text("state") == "interrupted")
        }
    }
}

private enum OwnArchive {
    static func bytes(_ input: FileInput) async throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(input.size))
        _ = try bytes.withUnsafeMutableBytes { buffer in
            var span = MutableRawSpan(_unsafeBytes: buffer)
            return try input.read(at: 0, into: &span)
        }
        return bytes
    }
}
