import Foundation
import Testing

@testable import BlobStore
@testable import cloudspace

/// What does not fit is refused before anything is changed.
@Suite struct MoveRefusalTests {
    private func migrate(_ from: String, _ to: String, keys: String, _ more: [String] = []) async throws
        -> Program.Result
    {
        try await Program.run(["migrate", "--from", from, "--to", to, "--keys", keys] + more)
    }

    private func expectRefusal(_ result: Program.Result, _ words: String, line: Int = #line) {
        #expect(result.status == 2, "line \(line): \(result.output) \(result.errors)")
        #expect(result.errors.contains(words), "line \(line): \(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "line \(line): \(result.errors)")
    }

    private func makeVault() async throws -> Place {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: "correct horse", in: place)
        return place
    }

    @Test func aTargetThatHoldsSomethingElseIsLeftAsItIs() async throws {
        let place = try await makeVault()
        let other = try await makeVault()
        expectRefusal(try await migrate(place.data, other.data, keys: place.keys), "the target holds another vault")
        #expect(try await Program.run(["users", "list"] + other.flags).status == 0)

        let foreign = place.root + "/foreign"
        try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: true)
        let sqlite = try ChildProcess("/usr/bin/sqlite3", [foreign + "/vault.db", "CREATE TABLE mine (a); "])
        try #require(await sqlite.exit() == 0)
        expectRefusal(try await migrate(place.data, foreign, keys: place.keys), "is not empty")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: foreign).filter { !$0.contains("-") } == ["vault.db"])

        let blobs = place.root + "/blobs-of-another"
        let folder = blobs + "/blobs/ef/cd"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let blob = folder + "/0000000000000000000000000000cdef"
        try Data([1]).write(to: URL(fileURLWithPath: blob))
        expectRefusal(
            try await migrate(place.data, blobs, keys: place.keys),
            "there are blobs at the target that are not this vault's")
        #expect(FileManager.default.fileExists(atPath: blob))
        #expect(try FileManager.default.contentsOfDirectory(atPath: blobs) == ["blobs"], "nothing was made")
    }

    @Test func anUnfinishedMoveOfAnotherVaultIsNotMixedWith() async throws {
        let vault = try await MovedVault()
        let target = vault.directory("b")
        await #expect(throws: cloudspace.ProgramError.self) { try await vault.move(to: target) { $0 > 10 } }
        let other = try await makeVault()
        expectRefusal(
            try await migrate(other.data, target, keys: other.keys), "holds an unfinished move of another vault")
        _ = try await vault.move(to: target)
    }

    @Test func keysOfAnotherVaultAndNoKeysAreRefused() async throws {
        let place = try await makeVault()
        let other = try await makeVault()
        let target = place.root + "/b"
        expectRefusal(try await migrate(place.data, target, keys: other.keys), "these keys belong to another vault")
        expectRefusal(try await migrate(place.data, target, keys: place.root + "/none"), "there are no keys")
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test func aSourceThatIsBeingServedIsRefused() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        expectRefusal(
            try await migrate(place.data, place.root + "/b", keys: place.keys), "a server is serving \(place.data)")
        #expect(await server.stop() == 0)
        #expect(try await migrate(place.data, place.root + "/b", keys: place.keys).status == 0)
    }

    @Test func aServerAtTheTargetIsRefused() async throws {
        let place = try await makeVault()
        let other = try Place()
        let server = try await RunningServer(other)
        let result = try await migrate(place.data, other.data, keys: place.keys)
        #expect(result.status == 2, "\(result.errors)")
        #expect(await server.stop() == 0)
    }

    @Test func aPlaceWithoutAVaultIsRefused() async throws {
        let place = try await makeVault()
        expectRefusal(
            try await migrate(place.root + "/nothing", place.root + "/b", keys: place.keys), "there is no vault in")
        expectRefusal(
            try await migrate(place.data, place.root + "/b", keys: place.keys, ["--verify-only"]),
            "there is no vault in")
        expectRefusal(try await migrate(place.data, place.data + "/", keys: place.keys), "name the same database")
        expectRefusal(try await migrate(place.data, place.keys, keys: place.keys), "--to and --keys name the same")
        expectRefusal(
            try await migrate(place.data, "\(place.root)/b,\(place.root)/c", keys: place.keys),
            "a server has one --data")
    }

    @Test func aPasswordOnTheCommandLineIsRefusedAndNeverRepeated() async throws {
        let place = try await makeVault()
        for url in [
            "postgresql://ama:hunter2@127.0.0.1:1/vault", "postgresql://127.0.0.1:1/vault?password=hunter2&user=ama",
            "postgresql://ama:hunter2@127.0.0.1:1/vault?sslmode=require",
        ] {
            for (from, to) in [(place.data, "\(url),\(place.root)/b"), ("\(url),\(place.root)/b", place.root + "/c")] {
                let result = try await migrate(from, to, keys: place.keys)
                expectRefusal(result, "holds a password")
                #expect(!result.errors.contains("hunter2"))
            }
            // From the environment it is taken, and still not shown: nobody listens at that port.
            let result = try await Program.run(
                ["migrate", "--from", place.data, "--keys", place.keys],
                environment: ["CLOUDSPACE_MIGRATE_TO": "\(url),\(place.root)/b"])
            #expect(result.status == 2)
            #expect(!(result.output + result.errors).contains("hunter2"), "\(result.errors)")
        }
    }

    @Test(arguments: [
        ("", "ROWS"), ("a,", "ROWS"), (",a", "ROWS"), ("mysql://a/b,c", "ROWS"), ("s3://bucket", "ROWS"),
        ("a,ftp://b", "ROWS"), ("a,s3://", "s3://"), ("postgresql://u:p@w@h/d,a", "postgresql://"),
        ("postgresql://h/d", "PostgreSQL keeps no blobs"),
    ])
    func whatNamesNoPlaceIsExplained(_ text: String, _ words: String) {
        let error = #expect(throws: BadValue.self) { try MovePlace(parsing: text) }
        #expect(error?.expectation.contains(words) == true)
    }

    @Test func eachEndCanHaveItsOwnKeyOfABucket() throws {
        let both = [
            "AWS_ACCESS_KEY_ID": "KEYA", "AWS_SECRET_ACCESS_KEY": "secret-a",
            "CLOUDSPACE_FROM_AWS_ACCESS_KEY_ID": "KEYB",
            "CLOUDSPACE_FROM_AWS_SECRET_ACCESS_KEY": "secret-b",
        ]
        #expect(try BucketKeys(both).credentials(for: .source).accessKeyID == "KEYB")
        #expect(try BucketKeys(both).credentials(for: .target).accessKeyID == "KEYA")
        let one = both.filter { $0.key.hasPrefix("AWS_") }
        #expect(try BucketKeys(one).credentials(for: .source).accessKeyID == "KEYA")
        let half = ["CLOUDSPACE_FROM_AWS_ACCESS_KEY_ID": "KEYB", "AWS_SECRET_ACCESS_KEY": "secret-a"]
        let error = #expect(throws: cloudspace.ProgramError.self) { try BucketKeys(half).credentials(for: .source) }
        #expect(
            error?.message.contains("CLOUDSPACE_FROM_AWS_SECRET_ACCESS_KEY is missing") == true, "keys are not mixed")
    }

    @Test func placesAreReadFromTheRight() throws {
        let place = try MovePlace(parsing: "postgresql://u@h1:1,h2:2/vault,s3://bucket/p?endpoint=https://h&region=r")
        #expect(place.rows == .postgresql("postgresql://u@h1:1,h2:2/vault"))
        #expect(place.blobs == .s3("s3://bucket/p?endpoint=https://h&region=r"))
        let directory = try MovePlace(parsing: "/srv/data")
        #expect(directory.rows == .directory("/srv/data") && directory.blobs == .directory("/srv/data"))
        #expect(directory.description == "/srv/data")
        let secret = try MovePlace(parsing: "postgresql://u:p@h/d?password=x&sslmode=require,/srv")
        #expect(secret.holdsSecret && secret.description == "postgresql://u@h/d?sslmode=require,/srv")
    }
}
