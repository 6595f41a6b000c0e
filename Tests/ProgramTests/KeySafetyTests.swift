import Foundation
import Testing

/// Keys and data that do not belong together never meet.
@Suite struct KeySafetyTests {
    private func snapshot(_ place: Place) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try place.files() where !path.hasSuffix("-shm") {
            files[path] = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        return files
    }

    private func makeVault() async throws -> Place {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: "correct horse", in: place)
        return place
    }

    @Test func dataWithoutKeysIsRefusedAndNoKeysAreMade() async throws {
        let place = try await makeVault()
        try FileManager.default.removeItem(atPath: place.keys)
        let before = try snapshot(place)
        for command in [["users", "list"], ["keys", "init"], ["journal", "verify"]] {
            let result = try await Program.run(command + place.flags)
            #expect(result.status == 2, "\(command)")
            #expect(result.errors.contains("backup"), "\(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1)
        }
        #expect(!FileManager.default.fileExists(atPath: place.keys))
        #expect(try snapshot(place) == before)
    }

    @Test func blobsWithoutTheirDatabaseAreNotGivenUp() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        try await blocking {
            _ = try Session(registeringAt: server, email: "ama@example.com").upload("a.bin", content(100_000, seed: 1))
        }
        #expect(await server.stop() == 0)
        for path in try place.files() where path.hasPrefix(place.database) {
            try FileManager.default.removeItem(atPath: path)
        }
        let result = try await Program.run(["serve", "--listen", "127.0.0.1:0"] + place.flags)
        #expect(result.status == 2)
        #expect(result.errors.contains("has blobs but no database"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: place.database))
        #expect(try await Program.run(["doctor"] + place.flags).status == 1)
    }

    @Test func keysOfAnotherVaultAreRefused() async throws {
        let place = try await makeVault()
        let other = try await makeVault()
        let mixed = ["--data", place.data, "--keys", other.keys]
        for command in [["serve", "--listen", "127.0.0.1:0"], ["users", "list"], ["journal", "verify"]] {
            let result = try await Program.run(command + mixed)
            #expect(result.status == 2, "\(command)")
            #expect(result.errors.contains("these keys belong to another vault"), "\(result.errors)")
        }
        let doctor = try await Program.run(["doctor"] + mixed)
        #expect(doctor.status == 1)
        #expect(doctor.output.contains("these keys belong to another vault"))
        #expect(try await Program.run(["users", "list"] + place.flags).status == 0, "nothing was changed")
    }

    @Test func aHalfKeyDirectoryIsRefused() async throws {
        let place = try await makeVault()
        let files = try FileManager.default.contentsOfDirectory(atPath: place.keys)
        try #require(files.count == 2)
        for file in files {
            let moved = place.root + "/moved"
            try FileManager.default.moveItem(atPath: "\(place.keys)/\(file)", toPath: moved)
            let result = try await Program.run(["users", "list"] + place.flags)
            #expect(result.status == 2, "without \(file): \(result.errors)")
            try FileManager.default.moveItem(atPath: moved, toPath: "\(place.keys)/\(file)")
        }
        #expect(try await Program.run(["users", "list"] + place.flags).status == 0)
    }

    @Test func everythingIsItsOwnersAlone() async throws {
        let place = try await makeVault()
        let server = try await RunningServer(place)
        for path in try place.files() + [place.keys + "/ring.sealed", place.keys + "/vault.key"] {
            #expect(try place.mode(path) == 0o600, "\(path)")
        }
        for path in [place.data, place.data + "/blobs", place.keys] {
            #expect(try place.mode(path) == 0o700, "\(path)")
        }
        #expect(await server.stop() == 0)
    }

    @Test func keysThatOthersCanReadAreAProblem() async throws {
        let place = try await makeVault()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: place.keys + "/vault.key")
        let status = try await Program.run(["keys", "status"] + place.flags)
        #expect(status.status != 0, "\(status.output) \(status.errors)")
        #expect((status.output + status.errors).contains("vault.key"))
    }

    @Test func initRefusesToReplaceKeys() async throws {
        let place = try await makeVault()
        let result = try await Program.run(["keys", "init"] + place.flags)
        #expect(result.status == 2)
        #expect(result.errors.contains("is there already"))
    }

    @Test func statusTellsGenerationsAndRowsButNoMaterial() async throws {
        let place = try await makeVault()
        let status = try await Program.run(["keys", "status"] + place.flags)
        #expect(status.status == 0)
        #expect(status.output.contains("provider     file"))
        #expect(status.output.contains("permissions  0700"))
        #expect(status.output.contains("generation   1, active: 2 keys wrapped"), "account and root folder")
        let key = try Data(contentsOf: URL(fileURLWithPath: place.keys + "/vault.key"))
        #expect(!status.output.contains(key.base64EncodedString()))
        #expect(!status.output.contains(key.map { String(format: "%02x", $0) }.joined()))
    }

    @Test func aPassphraseUnlocksAndAnotherDoesNot() async throws {
        let place = try Place()
        let file = place.root + "/passphrase"
        try "four words of mine\n".write(toFile: file, atomically: true, encoding: .utf8)
        let flags = place.flags + ["--key-provider", "passphrase"]
        let made = try await Program.run(["keys", "init"] + flags + ["--passphrase-file", file])
        #expect(made.status == 0, "\(made.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.keys) == ["ring.sealed"])

        let user = ["users", "create"] + flags + ["--email", "a@example.com", "--role", "admin", "--password-stdin"]
        let create = try await Program.run(
            user, input: "correct horse\n", environment: ["CLOUDSPACE_PASSPHRASE": "four words of mine"])
        #expect(create.status == 0, "\(create.errors)")

        let wrong = try await Program.run(
            ["users", "list"] + flags, environment: ["CLOUDSPACE_PASSPHRASE": "three words"])
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("the passphrase does not open the key ring"))
        let provider = try await Program.run(["users", "list"] + place.flags)
        #expect(provider.status == 2)
        #expect(provider.errors.contains("locked with a passphrase"))
    }
}
