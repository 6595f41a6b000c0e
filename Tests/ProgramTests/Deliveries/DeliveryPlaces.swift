import Crypto
import Foundation
import Outbound
import Synchronization
import Testing
import VaultTesting

/// A receiver of webhooks that answers as it is told, one answer for each call, the last one for ever.
final class Receiver: Sendable {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let server: RawHTTPServer

    init(_ answers: [RawHTTPServer.Answer]) throws {
        let queue = Queue(answers)
        server = try RawHTTPServer { _ in queue.next() }
    }

    private final class Queue: Sendable {
        let answers: Mutex<[RawHTTPServer.Answer]>
        init(_ answers: [RawHTTPServer.Answer]) { self.answers = Mutex(answers) }
        func next() -> RawHTTPServer.Answer {
            answers.withLock { answers in
                answers.count > 1 ? answers.removeFirst() : answers.first ?? .response(204)
            }
        }
    }

    var flags: [String] { ["--checkpoint-webhook-url", "http://127.0.0.1:\(server.port)/in"] }
    static let environment = ["CHECKPOINT_WEBHOOK_SECRET": secret]

    /// What came, once its signature was found right.
    func verified() throws -> [RawHTTPServer.Request] {
        let secret = try #require(WebhookSecret(parsing: Self.secret))
        let requests = server.requests
        for request in requests {
            let id = try #require(request.headers["webhook-id"])
            let timestamp = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            let signature = secret.signature(id: id, timestamp: timestamp, body: [request.body])
            try #require(request.headers["webhook-signature"] == signature)
        }
        return requests
    }
}

/// A real SMTP server as a process of its own.
struct MailPlace {
    let child: ChildProcess
    let port: UInt16
    let directory: String

    static let python = ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_PYTHON"] ?? "/usr/bin/python3"
    static let canRun: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", "import aiosmtpd"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    init() async throws {
        directory = try Scratch.directory()
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../scripts/test-smtp-server")
            .standardizedFileURL.path
        child = try ChildProcess(Self.python, [script, directory])
        let line = try #require(await child.line(beginning: "listening on "), "\(child.errors)")
        port = try #require(line.split(separator: " ").last.flatMap { UInt16($0) })
    }

    func messages() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".eml") }.sorted()
            .map { try String(contentsOfFile: directory + "/" + $0, encoding: .utf8) }
    }
}

/// `deliveries list`, asked until it shows what is waited for.
func deliveries(_ place: Place, until isThere: (String) async throws -> Bool) async throws -> String {
    var output = ""
    // No test waits for this to run out: it only turns a hang into a failure.
    for _ in 0..<600 {
        output = try await Program.run(["deliveries", "list"] + place.flags).output
        if try await isThere(output) { return output }
    }
    Issue.record("deliveries: \(output)")
    return output
}
