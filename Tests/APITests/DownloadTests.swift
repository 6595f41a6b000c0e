import BlobStore
import Crypto
import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct DownloadTests {
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    @Test func aDownloadIsAnAttachmentThatRunsNothing() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("<script>alert(1)</script>", at: "été “1”.html").text("id")
            let answer = try await alex.client.get("/api/files/\(id)/download")
            let disposition = answer.headers.first("Content-Disposition") ?? ""
            #expect(disposition.hasPrefix("attachment; "))
            #expect(disposition.contains("filename*=UTF-8''%C3%A9t%C3%A9%20"))
            #expect(answer.headers.first("Content-Security-Policy")?.hasPrefix("sandbox") == true)
            #expect(answer.headers.first("X-Content-Type-Options") == "nosniff")
            #expect(answer.headers.first("Cache-Control") == "no-store")
            #expect(answer.headers.first("Accept-Ranges") == "bytes")
            #expect(answer.headers.first("Content-Type") == "text/html")
            #expect(
                answer.headers.first("Repr-Digest")
                    == "sha-256=:\(Base64.encode(SHA256Hash.of(Array("<script>alert(1)</script>".utf8)))):")
        }
    }

    @Test(arguments: [100, 1_000_000])
    func rangesAreExact(_ size: Int) async throws {
        try await withService { service in
            let alex = try await service.person()
            let content = bytes(size)
            let id = try await alex.client.raw("/api/files/upload?name=a.bin", content).text("id")
            let target = "/api/files/\(id)/download"
            for (range, expected) in [
                ("bytes=0-0", 0..<1), ("bytes=0-", 0..<size), ("bytes=10-19", 10..<20), ("bytes=-5", size - 5..<size),
                ("bytes=\(size - 1)-\(size + 100)", size - 1..<size),
                ("bytes=\(size / 3)-\(size / 2)", size / 3..<size / 2 + 1),
            ] {
                let part = try await alex.client.get(target, headers: [("Range", range)])
                #expect(part.status == 206)
                #expect(part.body == Array(content[expected]))
                #expect(
                    part.headers.first("Content-Range")
                        == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/\(size)")
            }
            let beyond = try await alex.client.get(target, headers: [("Range", "bytes=\(size)-")])
            #expect(beyond.status == 416)
            #expect(beyond.headers.first("Content-Range") == "bytes */\(size)")
            let head = try await alex.client.send(.head, target)
            #expect(head.status == 200)
            #expect(head.headers.first("Content-Length") == "\(size)")
        }
    }

    @Test func conditionsAreAnsweredByTheVersion() async throws {
        try await withService { service in
            let alex = try await service.person()
            let first = try await alex.client.put("one", at: "a.txt")
            let tag = first.headers.first("ETag") ?? ""
            let target = "/api/files/\(first.text("id"))/download"
            let same = try await alex.client.get(target, headers: [("If-None-Match", tag)])
            #expect(same.status == 304)
            #expect(same.body.isEmpty)
            #expect(try await alex.client.get(target, headers: [("If-Match", tag)]).status == 200)
            try await alex.client.put("two", at: "a.txt")
            #expect(try await alex.client.get(target, headers: [("If-None-Match", tag)]).text == "two")
            let stale = try await alex.client.get(target, headers: [("If-Match", tag)])
            #expect(stale.status == 412)
            #expect(stale.code == "version_mismatch")
            let whole = try await alex.client.get(target, headers: [("Range", "bytes=0-0"), ("If-Range", tag)])
            #expect(whole.status == 200)
            #expect(whole.text == "two")
            #expect(try await alex.client.get("\(target)?version=1").text == "one")
            #expect(try await alex.client.get("\(target)?version=3").status == 404)
            #expect(try await alex.client.get("\(target)?version=0").status == 400)
        }
    }

    @Test(arguments: [100_000, 3 << 20])
    func aFlippedBitAtTheStartIsAnIntegrityFailure(_ size: Int) async throws {
        let blobs = DamagedBlobs()
        try await withService(blobs: blobs) { service in
            let alex = try await service.person()
            let id = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(size)).text("id")
            let other = try await alex.client.raw("/api/files/upload?name=b.txt", bytes(100)).text("id")
            try await service.damage(id, at: StreamFormat.headerSize + 5, in: blobs, as: alex)
            let answer = try await alex.client.get("/api/files/\(id)/download")
            #expect(answer.status == 500)
            #expect(answer.code == "integrity_failure")
            #expect(try await alex.client.get("/api/files/\(other)/download").body == bytes(100))
            #expect(service.log.records.count == 1)
            #expect(service.log.records.first?.route == "GET /api/files/{id}/download")
            let admin = try await service.person("Ada", "Lovelace", role: .auditeur)
            let journal = try await admin.client.get("/api/journal?action=integrity_failed")
            #expect(try journal.member("entrees", "0", "cible", "id") == .string(id))
            #expect(try journal.member("entrees", "0", "resultat") == .string("failed"))
        }
    }

    @Test func aFlippedBitInTheMiddleCutsTheAnswer() async throws {
        let blobs = DamagedBlobs()
        try await withService(blobs: blobs) { service in
            let alex = try await service.person()
            let size = 4 << 20
            let id = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(size)).text("id")
            try await service.damage(id, at: 3 << 20, in: blobs, as: alex)
            let connection = try await RawHTTPClient(port: service.port)
            try await connection.send(
                "GET /api/files/\(id)/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(alex.token)\r\n\r\n")
            let head = try await connection.responseHead()
            #expect(head.status == 200)
            let received = try await connection.bytesToEnd()
            #expect(received.count < size)
            #expect(received == Array(bytes(size)[..<received.count]))
            connection.close()
        }
    }
}

extension Service {
    /// Flips one bit of the stored bytes of a file's current version.
    func damage(_ file: String, at offset: Int, in blobs: DamagedBlobs, as person: Person) async throws {
        let principal = try await world.vault.sessions.authenticate(person.token, from: .local)
        let node = try #require(NodeID(file))
        let version = try await world.vault.open(node, as: principal).version
        blobs.damage(BlobKey(version.blob.value), at: offset)
    }
}
