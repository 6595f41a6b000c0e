import Crypto
import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct VersionTests {
    private static let row = try? JSONValue(
        parsing: """
            {"version_number":1,"nom":"a.txt","type_mime":"text/plain","taille":3,"sha256":"","created_by":"uuid",
             "created_at":"2024-10-26T15:00:00Z","message":null,"cause":"upload","courante":false}
            """)

    @Test func everyEditAndRestoreIsAVersion() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("one", at: "a.txt").text("id")
            let second = try await alex.client.form(
                "/api/fichiers/\(id)/version",
                [.file("file", "whatever.txt", Array("two".utf8)), .field("message", "deuxième")])
            #expect(second.status == 201)
            #expect(try second.member("version_number") == .integer(2))
            #expect(second.string("message") == "deuxième")
            #expect(second.string("nom") == "a.txt")
            #expect(try second.member("courante") == .boolean(true))
            let raw = try await alex.client.raw(
                "/api/fichiers/\(id)/version?message=troisi%C3%A8me", Array("three".utf8))
            #expect(raw.string("message") == "troisième")
            let restored = try await alex.client.post(
                "/api/fichiers/\(id)/versions/1/restaurer", json: #"{"message":"retour"}"#)
            #expect(restored.status == 201)
            #expect(try restored.member("version_number") == .integer(4))
            #expect(restored.string("cause") == "restore")
            #expect(try restored.member("version_restauree") == .integer(1))
            let list = try await alex.client.get("/api/fichiers/\(id)/versions")
            guard case .array(let rows)? = try list.member("versions") else { throw Missing() }
            #expect(try rows.map { try $0.integer("version_number") } == [4, 3, 2, 1])
            #expect(try rows.map { try $0.boolean("courante") } == [true, false, false, false])
            #expect(try rows.map { try $0.string("cause") } == ["restore", "edit", "edit", "upload"])
            for row in rows { #expect(differences(row, from: Self.row ?? .null) == []) }
            #expect(try rows[3].string("sha256") == Hex.encode(SHA256Hash.of(Array("one".utf8))))
            #expect(try rows[3].string("sha256") == rows[0].string("sha256"))
            for (number, content) in [(1, "one"), (2, "two"), (3, "three"), (4, "one")] {
                let download = try await alex.client.get("/api/fichiers/\(id)/versions/\(number)/download")
                #expect(download.text == content)
            }
        }
    }

    private struct Missing: Error {}

    @Test func versionsComeInPages() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("1", at: "a.txt").text("id")
            for number in 2...5 { _ = try await alex.client.raw("/api/fichiers/\(id)/version", [UInt8(number)]) }
            let first = try await alex.client.get("/api/fichiers/\(id)/versions?limit=3")
            #expect(try first.member("versions", "0", "version_number") == .integer(5))
            #expect(try first.member("curseur") == .integer(3))
            let second = try await alex.client.get("/api/fichiers/\(id)/versions?limit=3&curseur=3")
            #expect(try second.member("versions", "0", "version_number") == .integer(2))
            #expect(try second.member("curseur") == .null)
        }
    }

    @Test func versionsOfOthersAreRefused() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let id = try await sarah.client.put("one", at: "a.txt").text("id")
            for answer in [
                try await alex.client.get("/api/fichiers/\(id)/versions"),
                try await alex.client.raw("/api/fichiers/\(id)/version", [1]),
                try await alex.client.get("/api/fichiers/\(id)/versions/1/download"),
                try await alex.client.post("/api/fichiers/\(id)/versions/1/restaurer"),
            ] {
                #expect(answer.status == 403)
                #expect(answer.error == "Access denied")
            }
        }
    }

    @Test func unknownVersionsAreNotFound() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("one", at: "a.txt").text("id")
            for number in ["2", "0", "-1", "x", "99999999999999999999"] {
                let download = try await alex.client.get("/api/fichiers/\(id)/versions/\(number)/download")
                #expect(download.status == 404)
                #expect(download.error == "Version not found")
                let restore = try await alex.client.post("/api/fichiers/\(id)/versions/\(number)/restaurer")
                #expect(restore.status == 404)
            }
            #expect(try await alex.client.get("/api/fichiers/nonsense/versions").status == 404)
            let folder = try await alex.client.folder("A")
            #expect(try await alex.client.get("/api/fichiers/\(folder)/versions").member("versions") == .array([]))
        }
    }

    @Test func aNewVersionNeedsAFileAndMayNameTheOldOne() async throws {
        try await withService { service in
            let alex = try await service.person()
            let first = try await alex.client.put("one", at: "a.txt")
            let target = "/api/fichiers/\(first.text("id"))/version"
            for answer in [try await alex.client.form(target, []), try await alex.client.send(.post, target)] {
                #expect(answer.status == 400)
                #expect(answer.error == "No file provided")
            }
            let tag = ("If-Match", first.headers.first("ETag") ?? "")
            #expect(try await alex.client.raw(target, [2], headers: [tag]).status == 201)
            #expect(try await alex.client.raw(target, [3], headers: [tag]).status == 412)
            let long = String(repeating: "x", count: 1_001)
            #expect(try await alex.client.raw("\(target)?message=\(long)", [4]).status == 400)
        }
    }
}
