import Foundation
import Glibc
import Testing

/// Starting, stopping and starting again.
@Suite struct LifecycleTests {
    @Test func theFirstStartSaysWhatItMadeAndWhatToDoNext() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let greeting = server.child.output
        #expect(greeting.contains("A new vault was made in \(place.data)"))
        #expect(greeting.contains("New keys were made in \(place.keys)"))
        #expect(greeting.contains("apart from the data"))
        #expect(
            greeting.contains(
                "users create --data \(place.data) --keys \(place.keys) --email you@example.com --role admin --password-stdin"
            ))
        #expect(greeting.contains("listening on http://127.0.0.1:\(server.port)"))
        #expect(await server.stop() == 0)

        try await Program.makeUser("ama@example.com", role: "admin", password: "correct horse", in: place)
        let second = try await RunningServer(place)
        #expect(second.child.output == "listening on http://127.0.0.1:\(second.port)", "nothing left to say")
        #expect(await second.stop() == 0)
    }

    @Test func whatWasStoredIsThereAfterARestart() async throws {
        let place = try Place()
        let files: [(name: String, bytes: [UInt8])] = [
            ("empty.bin", []), ("note.txt", content(700, seed: 1)), ("limit.bin", content(32_768, seed: 2)),
            ("image.png", content(300_000, seed: 3)), ("film.mp4", content(5_000_001, seed: 4)),
        ]
        let server = try await RunningServer(place)
        let ids = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            let ids = try files.map { try ama.upload($0.name, $0.bytes) }
            for (id, file) in zip(ids, files) { #expect(try ama.download(id).body == file.bytes, "\(file.name)") }
            return ids
        }
        #expect(await server.stop() == 0)

        let again = try await RunningServer(place)
        try await blocking {
            let ama = try Session(at: again, email: "ama@example.com")
            for (id, file) in zip(ids, files) {
                let reply = try ama.download(id)
                #expect(reply.status == 200)
                #expect(reply.body == file.bytes, "\(file.name)")
            }
            let listing = try ama.connection.send("GET", "/api/drive/contents")
            #expect(listing.json["total_count"] as? Int == files.count)
        }
        #expect(await again.stop() == 0)
        let verified = try await Program.run(["journal", "verify"] + place.flags)
        #expect(verified.status == 0)
        #expect(verified.output.contains(" 0 waiting for the tree"), "the end of the journal is signed at the stop")
        #expect(try await Program.run(["doctor", "--deep"] + place.flags).status == 0)
    }

    @Test func aRequestInFlightFinishesBeforeTheStop() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let bytes = content(2_000_000, seed: 5)
        let id = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            try beginUpload("late.bin", bytes.count, ama)
            try ama.connection.write(Array(bytes[..<1_000_000]))
            server.child.signal(SIGTERM)
            awaitRefusal(by: server)
            try ama.connection.write(Array(bytes[1_000_000...]))
            let reply = try ama.connection.reply(to: "POST")
            #expect(reply.status == 201, "\(reply.text)")
            return reply.string("id")
        }
        #expect(await server.child.exit() == 0, "\(server.child.errors)")

        let again = try await RunningServer(place)
        try await blocking {
            let ama = try Session(at: again, email: "ama@example.com")
            #expect(try ama.download(id).body == bytes)
        }
        #expect(await again.stop() == 0)
    }

    @Test func whatIsNotFinishedInTimeIsGivenUpAndLeavesNothingVisible() async throws {
        let place = try Place()
        let server = try await RunningServer(place, ["--stop-grace", "0"])
        try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            try beginUpload("half.bin", 1_000_000, ama)
            try ama.connection.write(content(500_000, seed: 6))
            server.child.signal(SIGTERM)
            awaitRefusal(by: server)
            withExtendedLifetime(ama) {}
        }
        #expect(await server.child.exit() == 0, "\(server.child.errors)")
        let again = try await RunningServer(place)
        try await blocking {
            let ama = try Session(at: again, email: "ama@example.com")
            #expect(try ama.connection.send("GET", "/api/drive/contents").json["total_count"] as? Int == 0)
        }
        #expect(await again.stop() == 0)
    }

    @Test func aSecondSignalEndsAtOnce() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let held = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            try beginUpload("half.bin", 1_000_000, ama)
            try ama.connection.write(content(500_000, seed: 7))
            server.child.signal(SIGTERM)
            awaitRefusal(by: server)
            return Held(ama)
        }
        server.child.signal(SIGTERM)
        #expect(await server.child.exit() == 128 + SIGTERM)
        withExtendedLifetime(held) {}
    }

    @Test func oneDataDirectoryHasOneServer() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let second = try await Program.run(["serve"] + place.flags + ["--listen", "127.0.0.1:0"])
        #expect(second.status == 2)
        #expect(second.errors.contains("another server is serving"))
        #expect(await server.stop() == 0)
    }

    @Test func aTakenPortIsSaidInOneLine() async throws {
        let server = try await RunningServer(try Place())
        let place = try Place()
        let second = try await Program.run(["serve"] + place.flags + ["--listen", "127.0.0.1:\(server.port)"])
        #expect(second.status == 1)
        #expect(second.errors.contains("cannot listen"), "\(second.errors)")
        #expect(await server.stop() == 0)
    }

    @Test func theAccessLogShowsRoutesAndIdsButNoNamesAndNoTokens() async throws {
        let place = try Place()
        let server = try await RunningServer(place, ["--access-log", "--log-format", "json"])
        let (id, token) = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            let id = try ama.upload("Gehaltsliste.pdf", content(100, seed: 8))
            _ = try ama.download(id)
            _ = try ama.connection.send("GET", "/nowhere/Gehaltsliste.pdf")
            return (id, ama.token)
        }
        #expect(await server.stop() == 0)
        let log = server.child.errors
        #expect(log.contains("\"route\":\"/api/files/\(id)/download\""), "\(log)")
        #expect(!log.contains("Gehaltsliste") && !log.contains("ama@example.com"))
        #expect(!log.contains(token))
        for line in log.split(separator: "\n") {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any], "\(line)")
        }
    }

    @Test func encryptedConnectionsWork() async throws {
        let place = try Place()
        let (certificate, key) = (place.root + "/cert.pem", place.root + "/key.pem")
        let made = try ChildProcess(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-out",
                certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
        try #require(await made.exit() == 0, "\(made.errors)")
        let server = try await RunningServer(place, ["--tls-certificate", certificate, "--tls-key", key])
        #expect(server.child.output.contains("listening on https://127.0.0.1:\(server.port)"))
        let curl = try ChildProcess(
            "/usr/bin/curl", ["-sS", "--cacert", certificate, "https://127.0.0.1:\(server.port)/health"])
        #expect(await curl.exit() == 0, "\(curl.errors)")
        #expect(curl.output.contains("\"UP\""))
        #expect(await server.stop() == 0)
    }

    @Test func theProcessLeavesNoCoreNoOpenFilesAndSurvivesABrokenPipe() async throws {
        let server = try await RunningServer(try Place())
        let limits = try String(contentsOfFile: "/proc/\(server.child.pid)/limits", encoding: .utf8)
        #expect(limits.contains(#/Max core file size +0 +0 /#), "a core dump would hold keys")
        let files = try #require(limits.firstMatch(of: #/Max open files +(\d+) +(\d+) /#))
        #expect(files.1 == files.2, "as many as the system allows")
        let status = try String(contentsOfFile: "/proc/\(server.child.pid)/status", encoding: .utf8)
        #expect(status.contains("Umask:\t0077"))
        let ignored = try #require(status.firstMatch(of: /SigIgn:\s+([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) })
        #expect(ignored & (1 << UInt64(SIGPIPE - 1)) != 0)
        #expect(await server.stop() == 0)
    }

    @Test func checkpointsAreKeptWhereTheOperatorWantsThem() async throws {
        let place = try Place()
        let kept = place.root + "/checkpoints"
        let settings = ["--checkpoint-file", kept, "--checkpoint-interval", "1s"]
        for round in 0..<2 {
            let server = try await RunningServer(place, settings)
            try await blocking { _ = try Session(registeringAt: server, email: "ama\(round)@example.com") }
            #expect(await server.stop() == 0)
        }
        let notes = try String(contentsOfFile: kept, encoding: .utf8)
        let signatures = notes.components(separatedBy: "\n\u{2014} cloudspace-vault/").count - 1
        #expect(signatures >= 2, "one a stop at least: \(notes)")
        #expect(try place.mode(kept) == 0o600)
        let verified = try await Program.run(["journal", "verify", "--checkpoints", kept] + place.flags)
        #expect(verified.status == 0, "\(verified.output)")
    }

    /// Sends the head of an upload and waits until its handler asks for the body: from then on it is in flight.
    private func beginUpload(_ name: String, _ count: Int, _ session: Session) throws {
        try session.connection.start(
            "POST", "/api/files/upload?name=\(name)",
            headers: ["Content-Type": "application/octet-stream", "Expect": "100-continue"], length: count)
        #expect(try session.connection.interimReply().status == 100)
    }

    /// Goes on connecting until nobody listens any more: the server has taken the signal.
    private func awaitRefusal(by server: RunningServer) {
        while (try? server.connect()) != nil { sched_yield() }
    }

    /// A session that a test keeps open across threads, one after another.
    private final class Held: @unchecked Sendable {  // only kept alive, never used
        let session: Session
        init(_ session: Session) { self.session = session }
    }
}
