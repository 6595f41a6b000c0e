import API
import Crypto
import HTTP
import Synchronization
import Testing
import Vault
import VaultTesting

@Suite struct UploadTests {
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    @Test func anUploadAnswersAsDocumented() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.form(
                "/api/files/upload", [.file("file", "document.pdf", bytes(2_000), contentType: "application/pdf")])
            let example = try JSONValue(
                parsing: """
                    {"id":"uuid","name":"document.pdf","size":2457600,"formatted_size":"2.4 MB","mime_type":"application/pdf",
                     "icon":"picture_as_pdf","icon_color":"text-red-500","icon_bg":"bg-red-50 dark:bg-red-500/10",
                     "created_at":"2024-10-26T15:00:00Z"}
                    """)
            #expect(answer.status == 201)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(answer.string("icon_bg") == "bg-red-50 dark:bg-red-500/10")
            #expect(answer.string("created_at") == "2024-10-26T15:00:00Z")
            #expect(answer.string("sha256") == Hex.encode(SHA256Hash.of(bytes(2_000))))
            #expect(answer.headers.first("ETag")?.count == 38)
        }
    }

    @Test(arguments: [0, 1, 16_383, 16_384, 65_536, 200_000, 1 << 20, 3 << 20])
    func contentsOfAnySizeComeBackByFormAndByBody(_ size: Int) async throws {
        try await withService { service in
            let alex = try await service.person()
            let content = bytes(size)
            let form = try await alex.client.form("/api/files/upload", [.file("file", "form.bin", content)])
            let raw = try await alex.client.raw("/api/files/upload?name=raw.bin", content)
            for answer in [form, raw] {
                #expect(answer.status == 201)
                #expect(try answer.member("size") == .integer(Int64(size)))
                let download = try await alex.client.get("/api/files/\(answer.text("id"))/download")
                #expect(download.status == 200)
                #expect(download.body == content)
            }
        }
    }

    @Test(arguments: [10, 100_000, 900_000])
    func theFolderMayStandBeforeOrAfterTheFile(_ size: Int) async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Target")
            let parent = HTTPTestClient.Part.field("parent_id", folder)
            let first = try await alex.client.form("/api/files/upload", [parent, .file("file", "a.bin", bytes(size))])
            let last = try await alex.client.form("/api/files/upload", [.file("file", "b.bin", bytes(size)), parent])
            let query = try await alex.client.form(
                "/api/files/upload?parent_id=\(folder)", [.file("file", "c.bin", bytes(size))])
            for answer in [first, last, query] {
                #expect(answer.status == 201)
                #expect(answer.string("parent_id") == folder)
            }
        }
    }

    @Test func aLargeFileMayComeBeforeItsFolder() async throws {
        try await withService { service in
            let alex = try await service.person()
            let folder = try await alex.client.folder("Target")
            let answer = try await alex.client.form(
                "/api/files/upload", [.file("file", "b.bin", bytes(2 << 20)), .field("parent_id", folder)])
            #expect(answer.status == 201)
            #expect(answer.string("parent_id") == folder)
            #expect(try await alex.client.get("/api/files/\(answer.text("id"))/download").body == bytes(2 << 20))
        }
    }

    @Test func aFileOfThatNameGetsANewVersion() async throws {
        try await withService { service in
            let alex = try await service.person()
            let first = try await alex.client.put("one", at: "a.txt")
            let second = try await alex.client.put("two", at: "A.TXT")
            #expect(second.string("id") == first.string("id"))
            #expect(try second.member("version_number") == .integer(2))
            let renamed = try await alex.client.form(
                "/api/files/upload?on_conflict=rename", [.file("file", "a.txt", [1])])
            #expect(renamed.string("name") == "a (1).txt")
            let refused = try await alex.client.form(
                "/api/files/upload", [.field("on_conflict", "refuse"), .file("file", "a.txt", [1])])
            #expect(refused.status == 400)
            #expect(refused.error == "A file with this name already exists in this location")
            #expect(try await alex.client.raw("/api/files/upload?name=a.txt&on_conflict=maybe", [1]).status == 400)
        }
    }

    @Test func anUploadWithoutAFileIsRefused() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answers = [
                try await alex.client.form("/api/files/upload", [.field("parent_id", "null")]),
                try await alex.client.form("/api/files/upload", [.field("file", "not a file")]),
                try await alex.client.form("/api/files/upload", [.file("file", "", [])]),
                try await alex.client.form("/api/files/upload", []),
                try await alex.client.raw("/api/files/upload", [1, 2, 3]),
                try await alex.client.send(.post, "/api/files/upload"),
            ]
            for answer in answers {
                #expect(answer.status == 400)
                #expect(answer.error == "No file provided")
            }
        }
    }

    @Test func brokenFormsAreRefused() async throws {
        try await withService { service in
            let alex = try await service.person()
            let whole = HTTPTestClient.encode([.file("file", "a.txt", bytes(50))], boundary: "edge")
            let type = ("Content-Type", "multipart/form-data; boundary=edge")
            for length in [0, 1, 20, 60, whole.count - 20] {
                let answer = try await alex.client.send(
                    .post, "/api/files/upload", headers: [type], body: Array(whole[..<length]))
                #expect(answer.status == 400)
            }
            let lost = try await alex.client.send(
                .post, "/api/files/upload", headers: [("Content-Type", "multipart/form-data")], body: whole)
            #expect(lost.status == 400)
            #expect(try await alex.client.get("/api/drive/contents").member("total_count") == .integer(0))
        }
    }

    @Test func aBodyCutOffLeavesNothing() async throws {
        try await withService { service in
            let alex = try await service.person()
            let connection = try await RawHTTPClient(port: service.port)
            try await connection.send(
                "POST /api/files/upload?name=a.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(alex.token)\r\n"
                    + "Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n")
            try await connection.sendLast(bytes(300_000))
            _ = try await connection.bytesToEnd()
            connection.close()
            #expect(try await alex.client.get("/api/drive/contents").member("total_count") == .integer(0))
            #expect(try await alex.client.get("/api/user/storage").member("used") == .integer(0))
        }
    }

    @Test func theQuotaIsSaidInTheDocumentsWords() async throws {
        try await withService(limit: 10_000) { service in
            let alex = try await service.person()
            try await alex.client.put(String(repeating: "x", count: 5_000), at: "a.txt")
            let answer = try await alex.client.raw("/api/files/upload?name=b.bin", bytes(6_000))
            #expect(answer.status == 413)
            #expect(answer.error == "Storage limit exceeded. You have 4.9 KB remaining")
            #expect(answer.code == "storage_limit_exceeded")
        }
    }

    @Test func anUploadBeyondTheQuotaIsRefusedBeforeItsBodyIsSent() async throws {
        try await withService(limit: 10_000) { service in
            let alex = try await service.person()
            let connection = try await RawHTTPClient(port: service.port)
            try await connection.send(
                "POST /api/files/upload?name=a.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(alex.token)\r\n"
                    + "Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = try await connection.response()
            #expect(answer.status == 413)
            #expect(answer.code == "storage_limit_exceeded")
            connection.close()
        }
    }

    @Test func oneUploadMayHaveALimitOfItsOwn() async throws {
        var settings = VaultSettings()
        settings.maximumUpload = 200_000
        try await withService(vault: settings) { service in
            let alex = try await service.person()
            #expect(try await alex.client.raw("/api/files/upload?name=a.bin", bytes(200_000)).status == 201)
            let raw = try await alex.client.raw("/api/files/upload?name=b.bin", bytes(200_001))
            #expect(raw.status == 413)
            let form = try await alex.client.form("/api/files/upload", [.file("file", "c.bin", bytes(210_000))])
            #expect(form.status == 413)
        }
    }

    @Test func digestsSentWithTheContentMustBeTrue() async throws {
        try await withService { service in
            let alex = try await service.person()
            for size in [100, 300_000] {
                let content = bytes(size)
                let sha256 = Base64.encode(SHA256Hash.of(content))
                let wrong = Base64.encode([UInt8](repeating: 7, count: 32))
                for (name, value, status) in [
                    ("Repr-Digest", "sha-256=:\(sha256):", 201), ("Content-Digest", "sha-256=:\(sha256):", 201),
                    ("Digest", "SHA-256=\(sha256)", 201), ("Digest", "unixsum=30637", 201),
                    ("Repr-Digest", "sha-256=:\(wrong):", 400), ("Digest", "SHA-256=\(wrong)", 400),
                    ("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==", 400), ("Content-MD5", "nonsense", 400),
                ] {
                    let answer = try await alex.client.raw(
                        "/api/files/upload?name=a.bin", content, headers: [(name, value)])
                    #expect(answer.status == status, "\(name): \(value)")
                }
            }
        }
    }

    /// Also where the first answer was lost with the node that gave it, and the name may be there only once.
    @Test func aRetryIsNotRefusedForWhatItDidItself() async throws {
        try await withService(limit: 100) { service in
            let alex = try await service.person()
            let content = [UInt8](repeating: 7, count: 80)
            var first: HTTPTestResponse?
            for _ in 0..<2 {
                let answer = try await alex.client.raw(
                    "/api/files/upload?name=a.bin&on_conflict=refuse", content, headers: [("Idempotency-Key", "once")])
                #expect(answer.status == 201 || answer.status == 200, "\(answer.text)")
                #expect(first == nil || answer.string("id") == first?.string("id"))
                first = answer
            }
            let other = try await alex.client.raw("/api/files/upload?name=a.bin&on_conflict=refuse", content)
            #expect(other.code == "name_taken")
        }
    }

    @Test func aRetriedUploadIsOneUpload() async throws {
        try await withService { service in
            let alex = try await service.person()
            let key = ("Idempotency-Key", "upload-1")
            let first = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(10), headers: [key])
            let again = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(10), headers: [key])
            #expect(again.status == 201)
            #expect(again.string("id") == first.string("id"))
            #expect(try again.member("version_number") == .integer(1))
            let other = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(11), headers: [key])
            #expect(other.status == 422)
            #expect(other.code == "idempotency_mismatch")
        }
    }

    @Test func ifMatchNamesTheVersionThatMustBeCurrent() async throws {
        try await withService { service in
            let alex = try await service.person()
            let first = try await alex.client.put("one", at: "a.txt")
            let tag = first.headers.first("ETag") ?? ""
            let second = try await alex.client.raw(
                "/api/files/upload?name=a.txt", [2], headers: [("If-Match", tag)])
            #expect(second.status == 201)
            for stale in [tag, "\"nonsense\"", "W/\(second.headers.first("ETag") ?? "")"] {
                let answer = try await alex.client.raw(
                    "/api/files/upload?name=a.txt", [3], headers: [("If-Match", stale)])
                #expect(answer.status == 412)
                #expect(answer.code == "version_mismatch")
            }
        }
    }

    @Test func uploadsGoOnlyWhereOneMayWrite() async throws {
        try await withService { service in
            let alex = try await service.person()
            let sarah = try await service.person("Sarah", "Miller")
            let theirs = try await sarah.client.folder("Private")
            let foreign = try await alex.client.raw("/api/files/upload?name=a&parent_id=\(theirs)", [1])
            #expect(foreign.status == 403)
            let unknown = try await alex.client.raw("/api/files/upload?name=a&parent_id=nonsense", [1])
            #expect(unknown.status == 404)
            #expect(unknown.error == "Folder not found")
            let reader = try await service.person("Rea", "Der", role: .lecteur)
            for size in [1, 2 << 20] {
                #expect(try await reader.client.raw("/api/files/upload?name=a", bytes(size)).status == 403)
            }
        }
    }

    @Test func fileNamesInFormsLoseTheirDirectories() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.form("/api/files/upload", [.file("file", "../../etc/passwd", [1])])
            #expect(answer.string("name") == "passwd")
            let bad = try await alex.client.raw("/api/files/upload?name=..%2Fa", [1])
            #expect(bad.status == 400)
            #expect(bad.string("field") == "name")
        }
    }
}
