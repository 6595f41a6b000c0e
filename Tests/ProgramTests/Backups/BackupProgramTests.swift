import Foundation
import Glibc
import Testing

/// Backups of the real program: made, killed in the middle, taken out, proven and let go.
@Suite struct BackupProgramTests {
    private static let admin = "ada@example.com"

    /// A server with an administrator and some files.
    private static func serve(
        _ place: Place, files: Int, size: Int, _ more: [String] = []
    ) async throws -> RunningServer {
        try await Program.makeUser(admin, role: "admin", password: Session.password, in: place)
        let server = try await RunningServer(place, more)
        try await blocking {
            let ada = try Session(at: server, email: admin)
            for number in 0..<files {
                _ = try ada.upload("file-\(number).bin", content(size, seed: UInt64(number)))
            }
        }
        return server
    }

    private static func state(_ id: String, _ session: Session) throws -> String {
        try session.connection.send("GET", "/api/sauvegardes/\(id)").string("statut")
    }

    /// Waits for the backup's end as people do: the stream of its progress ends with the work.
    private static func end(_ id: String, _ session: Session) throws -> String {
        _ = try session.connection.send("GET", "/api/sauvegardes/\(id)/evenements")
        return try state(id, session)
    }

    /// SIGKILL while an archive is made: after the start its row is clear, no half volume is left, and the archive is whole.
    @Test func aBackupThatIsKilledIsMadeAnewAndWhole() async throws {
        let place = try Place()
        let more = ["--backup-volume-size", "16M", "--drill-interval", "0"]
        var server = try await Self.serve(place, files: 40, size: 1_000_000, more)
        var id = ""
        for round in 0..<2 {
            let running = server
            let asked = id
            id = try await blocking {
                let ada = try Session(at: running, email: Self.admin)
                let id =
                    asked.isEmpty
                    ? try ada.connection.json("POST", "/api/sauvegardes", ["type": "systeme"]).string("id") : asked
                while try Self.state(id, ada) == "en_attente" {}
                // A different moment each round, by a number of questions; whether it is before the end does not matter.
                for _ in 0..<Int.random(in: 0...(round == 0 ? 30 : 120)) { _ = try Self.state(id, ada) }
                return id
            }
            server.child.signal(SIGKILL)
            _ = await server.child.exit()
            server = try await RunningServer(place, more)
        }
        let (last, backup) = (server, id)
        try await blocking {
            let ada = try Session(at: last, email: Self.admin)
            #expect(try Self.end(backup, ada) == "terminee")
            let details = try ada.connection.send("GET", "/api/sauvegardes/\(backup)").json
            let volumes = try #require(details["volumes"] as? [[String: Any]])
            let root = place.data + "/backups"
            let kept = try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(backup)").sorted()
            #expect(kept == volumes.compactMap { ($0["nom"] as? String)?.split(separator: "/").last.map(String.init) })
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/.unfinished") == [])
            let checked = try ada.connection.json("POST", "/api/sauvegardes/\(backup)/exercice", ["echantillon": 40])
            #expect(checked.status == 202, "\(checked.text)")
            var outcome = ""
            while outcome.isEmpty {
                let now = try ada.connection.send("GET", "/api/sauvegardes/\(backup)").json
                outcome = (now["exercice"] as? [String: Any])?["resultat"] as? String ?? ""
            }
            #expect(outcome == "reussie")
        }
        #expect(await server.stop() == 0)
        let doctor = try await Program.run(["doctor"] + place.flags)
        #expect(doctor.status == 0, "\(doctor.output)")
    }

    @Test func theCommandsDoWhatTheySay() async throws {
        let place = try Place()
        let server = try await Self.serve(place, files: 3, size: 200_000, ["--drill-interval", "0"])
        let scratch = try Place()
        try FileManager.default.createDirectory(atPath: scratch.data, withIntermediateDirectories: true)
        let login = ["--server", "http://127.0.0.1:\(server.port)", "--email", Self.admin]
        func run(_ words: String..., status: Int32 = 0) async throws -> String {
            let result = try await Program.run(["backup"] + words + login, input: Session.password + "\n")
            #expect(result.status == status, "\(words): \(result.output) \(result.errors)")
            return result.status == 0 ? result.output : result.output + result.errors
        }
        let created = try await run("create")
        let full = String(created.prefix(36))
        #expect(created.contains("terminee"), "\(created)")
        let increment = String(try await run("create", "--incremental").prefix(36))
        let listed = try await run("list")
        #expect(listed.contains(full) && listed.contains(increment))
        #expect(try await run("show", "--id", increment).contains("stands on \(full)"))
        #expect(try await run("verify", "--id", increment).contains("0 findings"))
        #expect(try await run("drill", "--id", full, "--sample", "2").contains("reussie"))
        #expect(try await run("list").contains("proven"))

        let taken = try await run("download", "--id", full, "--into", scratch.data)
        let file = try #require(taken.split(separator: " ").first.map(String.init))
        let original = try Data(contentsOf: URL(fileURLWithPath: place.data + "/backups/\(full)/0001.zip"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == original)
        _ = try await run("download", "--id", full, "--into", scratch.data, status: 2)

        #expect(try await run("delete", "--id", full, status: 2).contains("Increments stand on this backup"))
        #expect(try await run("prune", "--keep-last", "1", "--dry-run").contains("0 would go"))
        _ = try await run(
            "schedule-add", "--name", "Nightly", "--rhythm", "quotidien", "--at", "02:30", "--keep-last", "3")
        #expect(try await run("schedules").contains("Nightly"))
        _ = try await run("delete", "--id", full, "--chain")
        _ = try await run("show", "--id", "nonsense", status: 2)
        #expect(try await run("create", "--type", "camion", status: 2).contains("type"))
        #expect(await server.stop() == 0)
    }

    /// Damage in an archive is found, said, marked, and told to administrators.
    @Test func aDamagedArchiveIsFoundByVerification() async throws {
        let place = try Place()
        let server = try await Self.serve(place, files: 2, size: 400_000, ["--drill-interval", "0"])
        let login = ["--server", "http://127.0.0.1:\(server.port)", "--email", Self.admin]
        let input = Session.password + "\n"
        let created = try await Program.run(["backup", "create"] + login, input: input)
        let id = String(created.output.prefix(36))
        let path = place.data + "/backups/\(id)/0001.zip"
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.seek(toOffset: 300_000)
        try handle.write(contentsOf: Data([1, 2, 3, 4, 5, 6, 7, 8]))
        try handle.close()
        let verified = try await Program.run(["backup", "verify", "--id", id] + login, input: input)
        #expect(verified.status == 1, "\(verified.output) \(verified.errors)")
        #expect(verified.output.contains("DAMAGED"), "\(verified.output)")
        let next = try await Program.run(["backup", "create", "--incremental"] + login, input: input)
        #expect(next.status == 2, "nothing is made on a damaged archive: \(next.output) \(next.errors)")
        #expect(await server.stop() == 0)
    }
}
