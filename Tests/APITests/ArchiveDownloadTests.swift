import BlobStore
import Crypto
import HTTP
import Synchronization
import Testing
import Vault
import VaultTesting

@testable import API

@Suite struct ArchiveDownloadTests {
    /// A folder "Projects" with files in several depths; its id.
    private func projects(of alex: Service.Person) async throws -> String {
        let top = try await alex.client.folder("Projects")
        let inner = try await alex.client.folder("Été 🎈", in: top)
        _ = try await alex.client.folder("empty", in: inner)
        try await alex.client.put("one", at: "a.txt", in: top)
        try await alex.client.put("", at: "nothing", in: inner)
        _ = try await alex.client.raw(
            "/api/files/upload?name=big.bin&parent_id=\(inner)", [UInt8](repeating: 9, count: 1_500_000))
        return top
    }

    @Test func aFolderComesAsAnArchiveOfAllThatIsInIt() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await projects(of: alex)
            try await alex.client.put("two!", at: "a.txt", in: id)
            let gone = try await alex.client.put("gone", at: "trashed.txt", in: id).text("id")
            _ = try await alex.client.delete("/api/files/\(gone)")
            let answer = try await alex.client.get("/api/files/\(id)/download")
            #expect(answer.status == 200)
            #expect(answer.headers.first("Content-Type") == "application/zip")
            #expect(answer.headers.first("Content-Disposition") == "attachment; filename=\"Projects.zip\"")
            #expect(answer.headers.first("Accept-Ranges") == "none")
            let seen = try await ForeignUnzip(answer.body)
            #expect(seen.verdicts == ["unzip": true, "7zz": true])
            #expect(
                Set(seen.paths) == [
                    "Projects/", "Projects/a.txt", "Projects/Été 🎈/", "Projects/Été 🎈/empty/",
                    "Projects/Été 🎈/nothing", "Projects/Été 🎈/big.bin",
                ])
            #expect(seen.paths.first == "Projects/")
            #expect(seen.lines.contains { $0.hasPrefix("Projects/a.txt|4|") })
            #expect(seen.lines.contains { $0.hasPrefix("Projects/Été 🎈/big.bin|1500000|") })
        }
    }

    @Test func aLargeFolderIsWalkedPageByPage() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.folder("Many")
            for number in 0..<150 { try await alex.client.put("\(number)", at: "\(number).txt", in: id) }
            let seen = try await ForeignUnzip(try await alex.client.get("/api/files/\(id)/download").body)
            #expect(Set(seen.paths) == Set((0..<150).map { "Many/\($0).txt" } + ["Many/"]))
            #expect(seen.lines.count == 151)
        }
    }

    @Test func everyFileInTheArchiveIsJournalledOnceAndSoIsTheFolder() async throws {
        try await withService { service in
            let alex = try await service.person()
            let auditor = try await service.person("Ada", "Lovelace", role: .auditeur)
            let id = try await projects(of: alex)
            let head = try await alex.client.send(.head, "/api/files/\(id)/download")
            #expect(head.status == 200)
            #expect(head.headers.first("Content-Type") == "application/zip")
            #expect(head.headers.first("Content-Length") == nil)
            let before = try await auditor.client.get("/api/journal?action=file_downloaded")
            #expect(try before.member("entrees") == .array([]))
            for _ in 0..<2 { _ = try await alex.client.get("/api/files/\(id)/download") }
            let journal = try await auditor.client.get("/api/journal?action=file_downloaded")
            guard case .array(let entries)? = try journal.member("entrees") else {
                Issue.record("no journal")
                return
            }
            let names = try entries.map { try $0.object("cible").string("nom") }.sorted()
            #expect(names == ["Projects", "Projects", "a.txt", "big.bin", "nothing"])
        }
    }

    @Test func aSelectionHasNoNameTwice() async throws {
        try await withService { service in
            let alex = try await service.person()
            let (one, two) = (try await alex.client.folder("one"), try await alex.client.folder("two"))
            let first = try await alex.client.put("1", at: "a.txt", in: one).text("id")
            let second = try await alex.client.put("2", at: "A.txt", in: two).text("id")
            let answer = try await alex.client.post(
                "/api/drive/download", json: #"{"ids":["\#(first)","\#(second)","\#(two)","\#(first)"]}"#)
            #expect(answer.status == 200)
            #expect(answer.headers.first("Content-Disposition") == "attachment; filename=\"CloudSpace.zip\"")
            let seen = try await ForeignUnzip(answer.body)
            #expect(seen.paths == ["a.txt", "A (1).txt", "two/", "two/A.txt"])
            for (body, status) in [
                ("{}", 400), (#"{"ids":[]}"#, 400), (#"{"ids":"x"}"#, 400), (#"{"ids":["x"]}"#, 404),
                (#"{"ids":["\#(alex.id)"]}"#, 404),
            ] {
                #expect(try await alex.client.post("/api/drive/download", json: body).status == status, "\(body)")
            }
            let many = [String](repeating: "\"\(first)\"", count: 1_001).joined(separator: ",")
            let refused = try await alex.client.post("/api/drive/download", json: "{\"ids\":[\(many)]}")
            #expect(refused.status == 422)
            #expect(refused.code == "too_many_items")
        }
    }

    @Test func onlyWhatTheCallerMayReadComesAlong() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let id = try await projects(of: alex)
            #expect(try await sarah.client.get("/api/files/\(id)/download").status == 403)
            let own = try await sarah.client.put("x", at: "mine.txt").text("id")
            let mixed = try await sarah.client.post(
                "/api/drive/download", json: #"{"ids":["\#(own)","\#(id)"]}"#)
            #expect(mixed.status == 403)
            #expect(mixed.error == "Access denied")
            let root = try await alex.client.get("/api/drive/contents")
            #expect(root.status == 200)
            let space = alex.account.space.description
            #expect(try await alex.client.get("/api/files/\(space)/download").status == 404)
        }
    }

    @Test func aFileThatCannotBeOpenedBreaksTheAnswer() async throws {
        let blobs = DamagedBlobs()
        try await withService(blobs: blobs) { service in
            let alex = try await service.person()
            let id = try await alex.client.folder("A")
            let big = [UInt8](repeating: 9, count: 4 << 20)
            var files: [String] = []
            for name in ["a", "b", "c"] {
                files.append(
                    try await alex.client.raw("/api/files/upload?name=\(name)&parent_id=\(id)", big).text("id"))
            }
            for file in files { try await service.damage(file, at: 3 << 20, in: blobs, as: alex) }
            let connection = try await RawHTTPClient(port: service.port)
            try await connection.send(
                "GET /api/files/\(id)/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(alex.token)\r\n\r\n")
            #expect(try await connection.responseHead().status == 200)
            let received = try await connection.bytesToEnd()
            // The last chunk, which says that the answer is whole, never came.
            #expect(received.count < 4 << 20)
            #expect(!received.suffix(5).elementsEqual(Array("0\r\n\r\n".utf8)))
            connection.close()
            let auditor = try await service.person("Ada", "Lovelace", role: .auditeur)
            let journal = try await auditor.client.get("/api/journal?action=integrity_failed")
            #expect(try journal.member("entrees", "0", "cible", "type") == .string("fichier"))
        }
    }

    @Test func damageAtTheBeginningIsAnHonestRefusal() async throws {
        let blobs = DamagedBlobs()
        try await withService(blobs: blobs) { service in
            let alex = try await service.person()
            let id = try await alex.client.folder("A")
            let file = try await alex.client.raw(
                "/api/files/upload?name=a&parent_id=\(id)", [UInt8](repeating: 9, count: 100_000)
            ).text("id")
            try await service.damage(file, at: StreamFormat.headerSize + 5, in: blobs, as: alex)
            let answer = try await alex.client.get("/api/files/\(id)/download")
            #expect(answer.status == 500)
            #expect(answer.code == "integrity_failure")
        }
    }

    @Test func aClientThatGoesAwayStopsTheWork() async throws {
        let made = Mutex(0)
        let ahead = PieceAhead {
            made.withLock { $0 += 1 }
            return [1]
        }
        try await ahead.ready()
        #expect(try await ahead.next() == [1])
        await ahead.cancel()
        #expect(try await ahead.next() == nil)
        // The one that was taken and the one ahead of it, which may have been given up before it began.
        #expect(made.withLock { $0 } <= 2)
    }

    @Test func anotherVersionOfAFolderIsNothing() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.folder("A")
            let answer = try await alex.client.get("/api/files/\(id)/download?version=1")
            #expect(answer.status == 400)
            #expect(answer.code == "not_a_file")
        }
    }
}
