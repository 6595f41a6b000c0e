import Foundation
import Testing
import VaultTesting

/// The parts a node stands on go away and come back: clients are told, and nothing acknowledged is lost.
@Suite(.serialized)
struct LostPartsTests {
    private final class Flag: @unchecked Sendable {  // `value` is only touched under `lock`
        private let lock = NSLock()
        private var value = false

        var isSet: Bool { lock.withLock { value } }
        func set(_ new: Bool) { lock.withLock { value = new } }
    }

    private final class Acknowledged: @unchecked Sendable {  // `files` is only touched under `lock`
        private let lock = NSLock()
        private var files: [String: String] = [:]
        private var refused: Set<Int> = []

        func add(_ name: String, id: String) -> Int {
            lock.withLock {
                files[name] = id
                return files.count
            }
        }
        func refuse(_ status: Int) { lock.withLock { _ = refused.insert(status) } }
        var all: [String: String] { lock.withLock { files } }
        var count: Int { lock.withLock { files.count } }
        var refusals: Set<Int> { lock.withLock { refused } }
    }

    @Test(.enabled(if: SharedEngines.postgresql != nil, "needs PostgreSQL: scripts/test starts it"))
    func aDatabaseRestartedUnderLoadLosesNothingAcknowledged() async throws {
        let server = try await PrivatePostgreSQL()
        let place = try Place()
        let environment = ["DATABASE_URL": server.url()]
        let node = try await RunningServer(place, environment: environment)
        let token = try await blocking { try Session(registeringAt: node, email: "ama@example.com").token }
        let acknowledged = Acknowledged()
        let isAway = Flag()
        try await withThrowingTaskGroup { group in
            for client in 0..<4 {
                group.addTask {
                    await blocking { Self.load(node, token, "c\(client)", until: 120, acknowledged) }
                }
            }
            group.addTask {
                while acknowledged.count < 40 { await Task.yield() }
                try await server.stop(.immediate)
                isAway.set(true)
                // Every client has met it.
                while !acknowledged.refusals.contains(503) { await Task.yield() }
                try await blocking {
                    let connection = try node.connect()
                    let ready = try connection.send("GET", "/ready")
                    #expect(ready.status == 503)
                    connection.token = token
                    let refused = try connection.send("GET", "/api/drive/contents")
                    #expect(refused.status == 503)
                    #expect(refused.string("code") == "database_unavailable")
                    #expect(refused.headers.contains { $0.key.lowercased() == "retry-after" })
                }
                try await server.start()
            }
            try await group.waitForAll()
        }
        #expect(isAway.isSet)
        #expect(acknowledged.refusals.isSubset(of: [503, 429]), "\(acknowledged.refusals)")
        try await blocking {
            let session = try Session(token: token, at: node)
            for (name, id) in acknowledged.all {
                let reply = try session.download(id)
                #expect(reply.status == 200, "\(name)")
                #expect(reply.body == Self.bytes(of: name), "\(name)")
            }
        }
        #expect(await node.stop() == 0)
        let verified = try await Program.run(["journal", "verify"] + place.flags, environment: environment)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        await server.remove()
    }

    @Test func aStoreThatIsAwayTakesOnlyItsContentsWithIt() async throws {
        let isAway = Flag()
        let bucket = try FakeS3 { _, _ in isAway.isSet ? FakeS3.error(503, "ServiceUnavailable") : nil }
        let place = try Place()
        let node = try await RunningServer(place, environment: Self.environment(of: bucket))
        try await blocking {
            let session = try Session(registeringAt: node, email: "ama@example.com")
            let large = content(200_000, seed: 1)
            let stored = try session.upload("large.bin", large)
            let small = try session.upload("small.bin", [1, 2, 3])
            isAway.set(true)
            for reply in [try session.download(stored), try session.tryUpload("another.bin", large)] {
                #expect(reply.status == 503)
                #expect(reply.string("code") == "storage_unavailable")
            }
            #expect(try session.download(small).body == [1, 2, 3], "it rests in the database")
            #expect(try session.connection.send("GET", "/api/drive/contents").status == 200)
            #expect(try session.connection.send("GET", "/ready").status == 200)
            // An answer about the parts may be a second old.
            let since = ContinuousClock.now
            while try session.connection.send("GET", "/health").status != 503 {
                try #require(ContinuousClock.now - since < .seconds(30))
            }
            isAway.set(false)
            #expect(try session.download(stored).body == large)
            _ = try session.upload("another.bin", large)
        }
        #expect(await node.stop() == 0)
    }

    @Test func aBucketOfAnotherVaultIsLeftAlone() async throws {
        let bucket = try FakeS3()
        let (first, second) = (try Place(), try Place())
        let node = try await RunningServer(first, environment: Self.environment(of: bucket))
        try await blocking {
            _ = try Session(registeringAt: node, email: "ama@example.com").upload("a.bin", content(100_000, seed: 1))
        }
        #expect(await node.stop() == 0)
        let before = bucket.objects
        let refused = try await Program.run(
            ["serve", "--listen", "127.0.0.1:0"] + second.flags, environment: Self.environment(of: bucket))
        #expect(refused.status == 2)
        #expect(refused.errors.contains("the blobs of another vault"), "\(refused.errors)")
        #expect(bucket.objects == before)
        #expect(!FileManager.default.fileExists(atPath: second.keys), "no keys are made for what cannot be served")

        // And a vault that has blobs is not served from an empty place.
        let empty = try FakeS3()
        let elsewhere = try await Program.run(
            ["serve", "--listen", "127.0.0.1:0"] + first.flags, environment: Self.environment(of: empty))
        #expect(elsewhere.status == 2)
        #expect(elsewhere.errors.contains("is not the place of this vault's blobs"), "\(elsewhere.errors)")
        #expect(empty.objects == [])
    }

    @Test(arguments: [
        (["DATABASE_URL": "postgresql://nobody@127.0.0.1:1/vault"], "127.0.0.1:1"),
        (["DATABASE_URL": "postgresql://nobody:secret@host.invalid/vault"], "host.invalid"),
        (["DATABASE_URL": "mysql://nobody@localhost/vault"], "postgresql://USER@HOST:PORT/NAME"),
        (["BLOB_STORE": "s3://bucket"], "region"),
        (["BLOB_STORE": "s3://bucket?endpoint=http://127.0.0.1:1"], "AWS_ACCESS_KEY_ID"),
        (
            [
                "BLOB_STORE": "s3://bucket?endpoint=http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "AKID",
                "AWS_SECRET_ACCESS_KEY": "secret",
            ], "127.0.0.1:1"
        ),
    ])
    func aPlaceThatCannotBeUsedIsOneLineThatSaysWhy(_ environment: [String: String], _ word: String) async throws {
        let place = try Place()
        let result = try await Program.run(
            ["serve", "--listen", "127.0.0.1:0"] + place.flags, environment: environment)
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errors.contains(word), "\(result.errors)")
        #expect(!result.errors.contains("secret"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        for path in [place.data, place.keys] {
            #expect(!FileManager.default.fileExists(atPath: path), "nothing is made")
        }
    }

    @Test func aPasswordOnTheCommandLineIsRefused() async throws {
        let place = try Place()
        let result = try await Program.run(
            ["serve", "--database", "postgresql://ama:hunter2@127.0.0.1:1/vault"] + place.flags)
        #expect(result.status == 2)
        #expect(result.errors.contains("PGPASSWORD"), "\(result.errors)")
        #expect(!result.errors.contains("hunter2"))
    }

    @Test(.enabled(if: SharedEngines.postgresql != nil, "needs PostgreSQL: scripts/test starts it"))
    func keysOfAnotherVaultDoNotOpenASharedDatabase() async throws {
        let database = try await SharedEngines.makeDatabase()
        let environment = ["DATABASE_URL": database]
        let (first, second) = (try Place(), try Place())
        let made = try await Program.run(
            ["users", "create", "--email", "ama@example.com", "--role", "admin", "--password-stdin"] + first.flags,
            input: Session.password + "\n", environment: environment)
        try #require(made.status == 0, "\(made.errors)")
        let keyless = try await Program.run(["users", "list"] + second.flags, environment: environment)
        #expect(keyless.status == 2)
        #expect(keyless.errors.contains("there are no keys"), "\(keyless.errors)")
        // A server waits for the keys, sealed; it makes none.
        let sealed = try await RunningServer(second, environment: environment)
        #expect(try sealed.connect().send("GET", "/ready").status == 503)
        #expect(await sealed.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: second.keys))
        // A ring of another vault.
        let other = try await Program.run(["keys", "init"] + second.flags)
        try #require(other.status == 0, "\(other.errors)")
        for command in [["serve", "--listen", "127.0.0.1:0"], ["users", "list"], ["journal", "verify"]] {
            let refused = try await Program.run(command + second.flags, environment: environment)
            #expect(refused.status == 2, "\(command)")
            #expect(refused.errors.contains("these keys belong to another vault"), "\(refused.errors)")
        }
        #expect(try await Program.run(["users", "list"] + first.flags, environment: environment).status == 0)
        try await SharedEngines.dropDatabase(database)
    }

    private static func environment(of bucket: FakeS3) throws -> [String: String] {
        [
            "BLOB_STORE": "s3://bucket/p?endpoint=http://127.0.0.1:\(bucket.server.port)&region=us-east-1",
            "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
        ]
    }

    /// Uploads until enough is acknowledged; what is refused is tried again with the same key.
    private static func load(
        _ node: RunningServer, _ token: String, _ client: String, until goal: Int, _ acknowledged: Acknowledged
    ) {
        for number in 0..<10_000 where acknowledged.count < goal {
            let name = "\(client)-\(number)"
            for _ in 0..<100_000 {
                guard let session = try? Session(token: token, at: node),
                    let reply = try? session.connection.send(
                        "POST", "/api/files/upload?name=\(name)",
                        headers: ["Content-Type": "application/octet-stream", "Idempotency-Key": "key-\(name)"],
                        body: bytes(of: name))
                else { continue }
                if reply.status == 201 || reply.status == 200 {
                    _ = acknowledged.add(name, id: reply.string("id"))
                    break
                }
                acknowledged.refuse(reply.status)
            }
        }
    }

    private static func bytes(of name: String) -> [UInt8] {
        content(1_000 + name.utf8.count, seed: name.utf8.reduce(7) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
    }
}
