import API
import BlobStore
import Database
import HTTP
import Testing
import Vault
import VaultTesting

/// A part is away, or hangs: what needs it says so, the rest goes on, and it works again by itself.
@Suite struct PartsLostTests {
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    /// Health checks that give up soon, so that tests need not wait.
    private var impatient: ApplicationSettings {
        var settings = ApplicationSettings()
        settings.checkDeadline = .seconds(1)
        return settings
    }

    private func isUnavailable(_ answer: HTTPTestResponse, _ code: String) -> Bool {
        answer.status == 503 && answer.code == code && answer.headers.first("Retry-After") == "2"
    }

    // MARK: The database

    @Test func withoutTheDatabaseEverythingIsRefusedForNow() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            _ = try await alex.client.get("/api/files/\(id)/download")
            service.world.faults.fail()
            service.world.clock.advance(seconds: 2)
            for target in ["/api/files/\(id)", "/api/files/\(id)/download", "/api/drive/contents", "/api/me"] {
                let answer = try await alex.client.get(target)
                #expect(isUnavailable(answer, "database_unavailable"), "\(target): \(answer.status) \(answer.text)")
            }
            let upload = try await alex.client.raw("/api/files/upload?name=b.bin", bytes(200_000))
            #expect(isUnavailable(upload, "database_unavailable"))
            let login = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"a@b.fr","password":"12345678"}"#,
                headers: [("Accept-Language", "fr")])
            #expect(isUnavailable(login, "database_unavailable"))
            #expect(login.error == "La base de données n’est pas disponible, réessayez sous peu")
            #expect(try await service.anyone.get("/ready").status == 503)
            let health = try await service.anyone.get("/health")
            #expect(health.status == 503)
            #expect(try health.member("checks", "database", "status") == .string("DOWN"))
            #expect(try health.member("checks", "blob_store", "status") == .string("UP"))

            service.world.faults.heal()
            service.world.clock.advance(seconds: 1)
            #expect(try await service.anyone.get("/ready").status == 200)
            #expect(try await service.anyone.get("/health").status == 200)
            #expect(try await alex.client.get("/api/files/\(id)/download").text == "x")
        }
    }

    @Test func aDownloadWhoseReadingCannotBeJournalledDoesNotBegin() async throws {
        try await withService { service in
            let alex = try await service.person()
            let id = try await alex.client.put("x", at: "a.txt").text("id")
            // The session is known and stays so: what fails is the look-up or the journal.
            _ = try await alex.client.get("/api/me")
            service.world.faults.fail()
            let answer = try await alex.client.get("/api/files/\(id)/download")
            #expect(isUnavailable(answer, "database_unavailable"))
            #expect(!answer.text.contains("x\n"))
            service.world.faults.heal()
            #expect(try await alex.client.get("/api/files/\(id)/download").text == "x")
        }
    }

    @Test func aDatabaseThatHangsDoesNotHoldUpWhoAsksForHealth() async throws {
        try await withService(application: impatient) { service in
            service.world.faults.hang()
            let checks = try await withThrowingTaskGroup(of: Int.self) { group in
                for target in ["/health", "/ready", "/metrics", "/health", "/ready"] {
                    group.addTask { try await service.anyone.get(target).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(checks.sorted() == [200, 503, 503, 503, 503])
            // One question for the database itself, one for the journal's size and one for the backups wait, however many
            // asked.
            #expect(service.world.faults.hangingCalls == 3)
            #expect(try await service.anyone.get("/ready").status == 503)
            #expect(service.world.faults.hangingCalls == 3)
            service.world.faults.heal()
            // The question that hung is answered now, and its answer counts; nothing else has to be done.
            while try await service.anyone.get("/ready").status != 200 { await Task.yield() }
            service.world.clock.advance(seconds: 1)
            #expect(try await service.anyone.get("/health").status == 200)
        }
    }

    // MARK: The blob store

    @Test func withoutTheBlobStoreOnlyItsContentIsRefused() async throws {
        let blobs = FaultyBlobStore(MemoryBlobStore())
        try await withService(blobs: blobs) { service in
            let alex = try await service.person()
            let large = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(300_000)).text("id")
            let small = try await alex.client.put("x", at: "a.txt").text("id")
            blobs.goAway()
            for answer in [
                try await alex.client.get("/api/files/\(large)/download"),
                try await alex.client.raw("/api/files/upload?name=b.bin", bytes(300_000)),
                try await alex.client.raw("/api/files/upload?name=c.bin", bytes(50_000)),
            ] {
                #expect(isUnavailable(answer, "storage_unavailable"), "\(answer.status) \(answer.text)")
            }
            let french = try await alex.client.get("/api/files/\(large)/download", headers: [("Accept-Language", "fr")])
            #expect(french.error == "Le stockage des contenus n’est pas disponible, réessayez sous peu")

            #expect(try await alex.client.get("/api/drive/contents").status == 200)
            #expect(try await alex.client.get("/api/files/\(large)").status == 200)
            #expect(try await alex.client.get("/api/files/\(small)/download").text == "x")
            try await alex.client.put("y", at: "b.txt")
            #expect(try await alex.client.delete("/api/files/\(large)").status == 200)
            #expect(try await service.anyone.get("/ready").status == 200)
            let health = try await service.anyone.get("/health")
            #expect(health.status == 503)
            #expect(try health.member("checks", "database", "status") == .string("UP"))
            #expect(try health.member("checks", "blob_store", "status") == .string("DOWN"))

            blobs.heal()
            service.world.clock.advance(seconds: 1)
            #expect(try await service.anyone.get("/health").status == 200)
            #expect(try await alex.client.raw("/api/files/upload?name=b.bin", bytes(300_000)).status == 201)
        }
    }

    @Test func aDownloadThatLosesTheBlobStoreIsCutOffAndNeverLooksWhole() async throws {
        let blobs = FaultyBlobStore(MemoryBlobStore())
        try await withService(blobs: blobs) { service in
            let alex = try await service.person()
            let size = 5 << 20
            let id = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(size)).text("id")
            blobs.keepNothingInMemory()
            blobs.fail(.read, at: 4, with: .unavailable("gone"), lasting: true)
            let connection = try await RawHTTPClient(port: service.port)
            try await connection.send(
                "GET /api/files/\(id)/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(alex.token)\r\n\r\n")
            let head = try await connection.responseHead()
            #expect(head.status == 200)
            #expect(head.headers.first("Content-Length") == String(size))
            let received = try await connection.bytesToEnd()
            #expect(received.count < size)
            #expect(received == Array(bytes(size)[..<received.count]))
            connection.close()
        }
    }

    @Test func aBlobStoreThatStandsStillHoldsUpNobodyElse() async throws {
        let blobs = FaultyBlobStore(MemoryBlobStore())
        try await withService(blobs: blobs, application: impatient) { service in
            let alex = try await service.person()
            let id = try await alex.client.raw("/api/files/upload?name=a.bin", bytes(300_000)).text("id")
            blobs.hold()
            let waiting = Task {
                try await withThrowingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask {
                            try await alex.client.raw("/api/files/upload?name=u\(number).bin", bytes(300_000)).status
                        }
                        group.addTask { try await alex.client.get("/api/files/\(id)/download").status }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            await blobs.held(40)
            for number in 0..<10 {
                #expect(try await alex.client.get("/api/files/\(id)").status == 200)
                #expect(try await alex.client.get("/api/drive/contents").status == 200)
                try await alex.client.put("x", at: "\(number).txt")
            }
            #expect(try await service.anyone.get("/ready").status == 200)
            #expect(try await service.anyone.get("/health").status == 503)
            #expect(try await service.anyone.get("/metrics").status == 200)
            blobs.release()
            #expect(
                try await waiting.value.sorted() == [Int](repeating: 200, count: 20) + [Int](repeating: 201, count: 20))
        }
    }

    // MARK: Sign-ins

    @Test func tooManyFailedSignInsAreToldToWait() async throws {
        try await withService { service in
            _ = try await service.person()
            for email in ["alex.davidson@cloudspace.com", "nobody@cloudspace.com"] {
                let guess = #"{"email":"\#(email)","password":"wrong horse"}"#
                for _ in 0..<10 { #expect(try await service.anyone.post("/api/auth/login", json: guess).status == 401) }
                let answer = try await service.anyone.post("/api/auth/login", json: guess)
                #expect(answer.status == 429)
                #expect(answer.code == "rate_limited")
                #expect(answer.error == "Too many attempts, try again later")
                #expect(answer.headers.first("Retry-After") == "900")
            }
            let right = #"{"email":"alex.davidson@cloudspace.com","password":"\#(World.password)"}"#
            let french = try await service.anyone.post(
                "/api/auth/login", json: right, headers: [("Accept-Language", "fr")])
            #expect(french.status == 429)
            #expect(french.error == "Trop de tentatives, réessayez plus tard")
            service.world.clock.advance(seconds: 15 * 60)
            #expect(try await service.anyone.post("/api/auth/login", json: right).status == 200)
        }
    }
}
