import Foundation
import Glibc
import Testing

/// Rotation of the master key by the real program: killed, beside a server, and without one.
@Suite struct RotationCommandTests {
    private func run(_ words: [String], _ place: Place, _ more: [String] = []) async throws -> Program.Result {
        try await Program.run(words + place.flags + more)
    }

    /// A vault with an administrator and some of their files; the ids and the token of a sign-in.
    private func fill(_ place: Place, files: Int) async throws -> (ids: [String], token: String) {
        try await Program.makeUser("ama@example.com", role: "admin", password: Session.password, in: place)
        let server = try await RunningServer(place)
        let filled = try await blocking { () throws -> ([String], String) in
            let ama = try Session(at: server, email: "ama@example.com")
            let ids = try (0..<files).map { number in
                try ama.upload("f\(number)", content(number % 5 == 0 ? 40_000 : 200, seed: UInt64(number)))
            }
            return (ids, ama.token)
        }
        #expect(await server.stop() == 0)
        return filled
    }

    private func expectReadable(_ ids: [String], _ server: RunningServer, token: String) async throws {
        try await blocking {
            let session = try Session(token: token, at: server)
            for (number, id) in ids.enumerated() {
                let reply = try session.download(id)
                #expect(reply.status == 200, "\(number): \(reply.text.prefix(200))")
                #expect(reply.body == content(number % 5 == 0 ? 40_000 : 200, seed: UInt64(number)), "\(number)")
            }
        }
    }

    @Test func aRotationKilledTwentyTimesLeavesNothingUnreadable() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("RotationCommandTests seed: \(seed)")
        var random = SeededGenerator(seed: seed)
        let place = try Place()
        let (filled, token) = try await fill(place, files: 24)
        var ids = filled
        var kills = 0
        var rotations = 0
        while kills < 20 {
            let server = try await RunningServer(place)
            let questions = Int.random(in: 0...12, using: &random)
            let name = ids.count
            let (started, uploaded) = try await blocking { () throws -> (Bool, String?) in
                let session = try Session(token: token, at: server)
                let asked = try session.connection.json("POST", "/api/admin/keys/rotation", ["rate": 40])
                #expect(asked.status == 202 || asked.status == 409, "\(asked.text)")
                let uploaded = try session.tryUpload(
                    "f\(name)", content(name % 5 == 0 ? 40_000 : 200, seed: UInt64(name)))
                for _ in 0..<questions {
                    let reply = try session.connection.send("GET", "/api/admin/keys/rotation")
                    #expect(reply.status == 200)
                }
                return (asked.status == 202, uploaded.status == 201 ? uploaded.string("id") : nil)
            }
            await server.destroy()
            if started { rotations += 1 }
            if let uploaded { ids.append(uploaded) }
            kills += 1
        }
        print("killed \(kills) times, \(rotations) rotations begun, \(ids.count) files")
        let server = try await RunningServer(place)
        let state = try await blocking { () throws -> String in
            let session = try Session(token: token, at: server)
            // Each question is the pause before the next.
            for _ in 0..<200_000 {
                let reply = try session.connection.send("GET", "/api/admin/keys/rotation")
                let rotation = try #require(reply.json["rotation"] as? [String: Any])
                let state = rotation["state"] as? String ?? ""
                if state == "completed" || state == "failed" { return state }
            }
            return "under way for ever"
        }
        #expect(state == "completed")
        try await expectReadable(ids, server, token: token)
        #expect(await server.stop() == 0)
        let doctor = try await run(["doctor", "--deep"], place)
        #expect(doctor.status == 0, "\(doctor.output)")
        let journal = try await run(["journal", "verify"], place)
        #expect(journal.status == 0, "\(journal.output)")
        let status = try await run(["keys", "status"], place)
        #expect(
            status.output.contains("generation   \(rotations + 1), active: \(ids.count + 2) keys wrapped"),
            "\(status.output)")
        #expect(status.output.contains("generation   1: 0 keys wrapped"), "\(status.output)")
    }

    @Test func aStoppedVaultIsRotatedAtTheTerminal() async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: Session.password, in: place)
        let rotated = try await run(["keys", "rotate"], place, ["--reason", "yearly"])
        #expect(rotated.status == 0, "\(rotated.errors)")
        #expect(rotated.output.contains("Generation 2 is the master key now; 2 keys were wrapped anew"))
        #expect(rotated.output.contains("Back up the keys directory now"))
        let status = try await run(["keys", "status"], place)
        #expect(status.output.contains("rotation     1 to 2: completed: 2 keys wrapped anew"), "\(status.output)")
        #expect(status.output.contains("generation   2, active: 2 keys wrapped"), "\(status.output)")

        let refused = try await run(["keys", "destroy-generation"], place, ["--generation", "2"])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("generation 2 wraps new keys"))
        let destroyed = try await run(["keys", "destroy-generation"], place, ["--generation", "1"])
        #expect(destroyed.status == 0, "nobody is signed in: \(destroyed.errors)")
        let after = try await run(["keys", "status"], place)
        #expect(!after.output.contains("generation   1"), "\(after.output)")
        #expect(try await run(["doctor"], place).status == 0)
        let server = try await RunningServer(place)
        try await blocking { _ = try Session(at: server, email: "ama@example.com") }
        #expect(await server.stop() == 0)
        #expect(try await run(["journal", "verify"], place).status == 0)
    }

    @Test func aCommandBesideTheServerHasTheServerDoIt() async throws {
        let place = try Place()
        let (ids, token) = try await fill(place, files: 6)
        let server = try await RunningServer(place)
        let asked = try await run(["keys", "rotate"], place, ["--wait"])
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(asked.output.contains("8 keys were wrapped anew"), "\(asked.output)")
        try await expectReadable(ids, server, token: token)
        let early = try await run(["keys", "destroy-generation"], place, ["--generation", "1"])
        #expect(early.status == 2)
        #expect(early.errors.contains("sign-ins of that generation last until"), "\(early.errors)")
        #expect(await server.stop() == 0)
    }

    @Test(arguments: [["--rate", "0"], ["--rate", "x"], ["--rate", "1000001"], ["--pause", "--resume"]])
    func whatCannotBeMeantIsRefused(words: [String]) async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: Session.password, in: place)
        let result = try await run(["keys", "rotate"], place, words)
        #expect(result.status == 2, "\(result.output)")
        let status = try await run(["keys", "status"], place)
        #expect(!status.output.contains("rotation"), "\(status.output)")
    }

    @Test func aRingFromBeforeTheRotationOpensNothing() async throws {
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "admin", password: Session.password, in: place)
        let old = place.root + "/old"
        try FileManager.default.copyItem(atPath: place.keys, toPath: old)
        #expect(try await run(["keys", "rotate"], place).status == 0)
        for command in [["serve", "--listen", "127.0.0.1:0"], ["users", "list"]] {
            let result = try await Program.run(command + ["--data", place.data, "--keys", old])
            #expect(result.status == 2, "\(result.output)")
            #expect(result.errors.contains("lacks generation 2"), "\(result.errors)")
            #expect(result.errors.contains("put back its newest backup"))
        }
        #expect(try await run(["users", "list"], place).status == 0)
    }
}
