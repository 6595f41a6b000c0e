import Foundation
import Glibc
import Testing

/// Secrets are where they must be and nowhere else: not in logs, answers, numbers, the process list or a core dump.
@Suite struct SecretHygieneTests {
    private static let passphrase = "plantedpassphrase7x four words"
    private static let s3Secret = "planteds3secret8y"
    private static let password = "plantedpassword9z long"
    private static let linkPassword = "plantedlinkpass1w long"

    private func server(_ place: Place) async throws -> RunningServer {
        try await RunningServer(
            place, ["--key-provider", "passphrase", "--access-log", "--log-format", "json"],
            environment: ["CLOUDSPACE_PASSPHRASE": Self.passphrase, "AWS_SECRET_ACCESS_KEY": Self.s3Secret])
    }

    private func read(_ path: String) -> Data { (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data() }

    @Test func noSecretIsInLogsAnswersNumbersOrTheProcessList() async throws {
        let place = try Place()
        let server = try await server(place)
        let (secrets, answers) = try await blocking { () throws -> ([String], [String]) in
            let connection = try server.connect()
            let registered = try connection.json(
                "POST", "/api/auth/register",
                [
                    "first_name": "Ama", "last_name": "Mensah", "email": "ama@example.com",
                    "password": Self.password,
                ])
            try #require(registered.status == 201)
            let token = registered.string("token")
            connection.token = token
            let session = try Session(token: token, at: server)
            let file = try session.upload("a.txt", Array("content".utf8))
            let link = try connection.json("POST", "/api/files/\(file)/links", ["password": Self.linkPassword])
            try #require(link.status == 201, "\(link.text)")
            let linkToken = link.string("token")
            var answers: [String] = []
            func note(_ reply: Connection.Reply) { answers.append(reply.text + "\(reply.headers)") }
            note(
                try connection.json(
                    "POST", "/api/auth/login", ["email": "ama@example.com", "password": Self.password + "x"]))
            note(try connection.json("POST", "/api/links/\(linkToken)/unlock", ["password": Self.linkPassword + "x"]))
            note(try connection.send("GET", "/api/files/\(token)"))
            note(try connection.send("GET", "/api/nowhere?token=\(token)&password=x"))
            note(try connection.json("PUT", "/api/users/\(file)", ["role": Self.password]))
            note(try connection.send("POST", "/api/auth/login", body: Array("{\"password\":\"\(Self.password)".utf8)))
            note(try connection.send("GET", "/metrics"))
            note(try connection.send("GET", "/health"))
            let stranger = try server.connect()
            stranger.token = token + "x"
            note(try stranger.send("GET", "/api/me"))
            return ([token, linkToken], answers)
        }
        let all = secrets + [Self.passphrase, Self.s3Secret, Self.password, Self.linkPassword]
        for (name, text) in answers.enumerated().map({ ("answer \($0.offset)", $0.element) }) {
            for secret in all { #expect(!text.contains(secret), "\(name)") }
        }
        let process = "/proc/\(server.child.pid)"
        let list = String(decoding: read(process + "/cmdline"), as: UTF8.self)
        #expect(list.contains("serve"), "the search can find something")
        let variables = String(decoding: read(process + "/environ"), as: UTF8.self)
        #expect(variables.contains("PATH="), "the search can find something")
        for secret in all {
            #expect(!list.contains(secret))
            #expect(!variables.contains(secret))
        }
        #expect(await server.stop() == 0)
        let log = server.child.errors
        #expect(
            log.contains("/api/auth/login") || log.contains("\"status\":401"),
            "the log is talkative: \(log.prefix(500))")
        for secret in all { #expect(!log.contains(secret), "in the log") }
    }

    @Test func aDyingServerLeavesNoCore() async throws {
        let place = try Place()
        let folder = try Scratch.directory()
        let words = ([Program.path, "serve", "--listen", "127.0.0.1:0"] + place.flags).joined(separator: " ")
        // With the limit raised as far as it goes, so that only the program's own can be what holds.
        let child = try ChildProcess(
            "/bin/sh", ["-c", "cd \(folder) && ulimit -c $(ulimit -H -c) && exec \(words)"])
        _ = try #require(await child.line(beginning: "listening on "), "\(child.errors)")
        let limits = String(decoding: read("/proc/\(child.pid)/limits"), as: UTF8.self)
        let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2, "\(core)")
        child.signal(SIGABRT)
        #expect(await child.exit() == 128 + SIGABRT)
        #expect(!child.dumpedCore)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func masterKeysAreLockedIntoMemory() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let status = String(decoding: read("/proc/\(server.child.pid)/status"), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmLck:") })
        let kibibytes = try #require(Int(line.filter(\.isNumber)))
        #expect(kibibytes >= 12, "the root, a master key and what wraps under it, a page each: \(line)")
        #expect(await server.stop() == 0)
        let doctor = try await Program.run(["doctor"] + place.flags)
        #expect(doctor.output.contains("master keys are locked into memory"), "\(doctor.output)")
    }

    @Test func noSecretCanBeGivenOnTheCommandLine() async throws {
        let place = try Place()
        for flag in ["--passphrase", "--s3-secret-access-key", "--password"] {
            let result = try await Program.run(["serve", flag, "secret"] + place.flags)
            #expect(result.status == 2)
            #expect(result.errors.contains("unknown flag \(flag)"), "\(result.errors)")
            #expect(!result.errors.contains("secret\""), "not repeated either")
        }
    }
}
