import Foundation
import Testing
import VaultTesting

/// Checkpoints leave a server that runs.
@Suite struct DeliveryTests {
    private static let often = ["--checkpoint-interval", "1s"]

    private func note(in request: RawHTTPServer.Request) throws -> (type: String, size: Int, note: String, key: String)
    {
        let json = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
        let data = try #require(json["data"] as? [String: Any])
        return (
            json["type"] as? String ?? "", data["tree_size"] as? Int ?? -1, data["checkpoint"] as? String ?? "",
            data["verifier_key"] as? String ?? ""
        )
    }

    /// What came to the webhook is what a verifier elsewhere needs: the journal's key and a checkpoint that it can hold against
    /// a later export.
    @Test func aCheckpointThatArrivedHoldsAgainstALaterExport() async throws {
        let place = try Place()
        let receiver = try Receiver([.response(204)])
        let server = try await RunningServer(place, receiver.flags + Self.often, environment: Receiver.environment)
        try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            _ = try ama.upload("a.txt", content(100, seed: 1))
        }
        // The first one may be of the empty journal.
        let hasEvents = { @Sendable (request: RawHTTPServer.Request) in
            !String(decoding: request.body, as: UTF8.self).contains("\"tree_size\":0,")
        }
        await receiver.server.wait(where: hasEvents)
        #expect(await server.stop() == 0)
        let request = try #require(try receiver.verified().first(where: hasEvents))
        let (type, size, note, key) = try note(in: request)
        #expect(type == "journal.checkpoint" && size > 0 && note.hasPrefix("cloudspace-vault/"))
        let export = place.root + "/export.ndjson"
        #expect(try await Program.run(["journal", "export"] + place.flags + ["--out", export]).status == 0)
        let kept = place.root + "/kept.txt"
        try note.write(toFile: kept, atomically: true, encoding: .utf8)
        let check = try await Program.run(
            ["journal", "verify", "--file", export, "--public-key", key, "--checkpoints", kept])
        #expect(check.status == 0, "\(check.output) \(check.errors)")
        #expect(check.output.contains("1 remembered checkpoints agree"))
    }

    @Test func aReceiverThatFailsInEveryWayGetsItInTheEndWithOneIdentity() async throws {
        let place = try Place()
        let elsewhere = try RawHTTPServer { _ in .response(200) }
        let receiver = try Receiver([
            .response(500), .response(302, [("Location", "http://127.0.0.1:\(elsewhere.port)/")]), .close(after: []),
            .close(after: Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour".utf8)), .response(200),
        ])
        let server = try await RunningServer(place, receiver.flags + Self.often, environment: Receiver.environment)
        try await blocking { _ = try Session(registeringAt: server, email: "ama@example.com") }
        // The oldest is the last line. Its pauses are cut short; those that end by themselves do no harm.
        let list = try await deliveries(place) { list in
            guard let line = list.split(separator: "\n").last else { return false }
            if line.contains("  delivered") { return true }
            guard let id = line.split(separator: " ").first else { return false }
            _ = try await Program.run(["deliveries", "retry"] + place.flags + ["--id", String(id)])
            return false
        }
        #expect(list.contains("  delivered"))
        let requests = try receiver.verified().prefix(5)
        #expect(requests.count == 5 && Set(requests.compactMap { $0.headers["webhook-id"] }).count == 1)
        #expect(elsewhere.requests.isEmpty)
        #expect(await server.stop() == 0)
        #expect(!server.child.errors.contains(Receiver.secret))
    }

    @Test func aServerKilledWhileItSendsSendsAgain() async throws {
        let place = try Place()
        let silent = try Receiver([.stall(after: [])])
        let first = try await RunningServer(place, silent.flags + Self.often, environment: Receiver.environment)
        try await blocking { _ = try Session(registeringAt: first, email: "ama@example.com") }
        await silent.server.wait()
        await first.destroy()
        let id = try #require(try silent.verified().first?.headers["webhook-id"])

        let receiver = try Receiver([.response(204)])
        let retried = try await Program.run(["deliveries", "retry"] + place.flags + ["--id", id])
        #expect(retried.status == 0, "\(retried.errors)")
        let second = try await RunningServer(place, receiver.flags + Self.often, environment: Receiver.environment)
        await receiver.server.wait { $0.headers["webhook-id"] == id }
        _ = try await deliveries(place) { $0.split(separator: "\n").last?.contains("  delivered") == true }
        #expect(await second.stop() == 0)
        let report = try await Program.run(["journal", "verify"] + place.flags)
        #expect(report.status == 0, "\(report.output)")
    }

    @Test(.enabled(if: MailPlace.canRun, "aiosmtpd, which scripts/install test brings"))
    func aCheckpointArrivesByMail() async throws {
        let (place, mail) = (try Place(), try await MailPlace())
        defer { mail.child.signal(SIGKILL) }
        let flags = [
            "--smtp-url", "smtp://127.0.0.1:\(mail.port)", "--mail-from", "vault@example.org", "--checkpoint-email",
            "ama@example.com,kofi@example.com",
        ]
        let server = try await RunningServer(place, flags + Self.often)
        try await blocking { _ = try Session(registeringAt: server, email: "ama@example.com") }
        _ = try await deliveries(place) { $0.contains("delivered  checkpoint_mail") }
        #expect(await server.stop() == 0)
        let message = try #require(try mail.messages().first)
        #expect(message.contains("\"recipients\": [\"ama@example.com\", \"kofi@example.com\"]"))
        #expect(message.contains("From: \"CloudSpace Vault\" <vault@example.org>\r\n"))
        // The attachment is the note, ready for `--checkpoints`.
        let parts = message.components(separatedBy: "Content-Transfer-Encoding: base64\r\n\r\n")
        let encoded = try #require(parts.last?.components(separatedBy: "--=_").first)
        let note = try #require(Data(base64Encoded: encoded.replacing("\r\n", with: "")))
        let kept = place.root + "/kept.txt"
        try note.write(to: URL(fileURLWithPath: kept))
        let check = try await Program.run(["journal", "witness"] + place.flags + ["--witness-file", kept])
        #expect(check.status == 0 && check.output.contains("1 checkpoints agree"), "\(check.output) \(check.errors)")
    }

    @Test func everyTargetIsTriedByTheCommandThatTests() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        #expect(await server.stop() == 0)
        let receiver = try Receiver([.response(204)])
        let exports = try Scratch.directory()
        let good = try await Program.run(
            ["deliveries", "test"] + place.flags + receiver.flags + ["--journal-export-dir", exports],
            environment: Receiver.environment)
        #expect(good.status == 0, "\(good.output) \(good.errors)")
        #expect(good.output == "checkpoint_webhook: arrived\nexport_directory: arrived")
        #expect(try receiver.verified().count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: exports).isEmpty)
        receiver.server.stop()
        let bad = try await Program.run(
            ["deliveries", "test"] + place.flags + receiver.flags, environment: Receiver.environment)
        #expect(bad.status == 1 && bad.output.hasPrefix("checkpoint_webhook: unreachable"), "\(bad.output)")
        let none = try await Program.run(["deliveries", "test"] + place.flags)
        #expect(none.status == 2 && none.errors.contains("no target is set up"))
    }
}
