import Foundation
import VaultTesting

/// A real SMTP server on this machine (scripts/test-smtp-server); ends with its owner.
final class TestMailServer: @unchecked Sendable {  // the process is only told to end, by its owner
    struct Received {
        let sender: String?
        let recipients: [String]
        let isEncrypted: Bool
        let user: String?
        let content: String
    }

    struct DidNotStart: Error {}

    let port: UInt16
    private let process = Process()
    private let directory: TemporaryDirectory
    private let input = Pipe()

    /// Whether the environment of the tests has the server.
    static let canRun: Bool = {
        Interpreter.canRun && (try? Interpreter.run("import aiosmtpd; print(1)", []))?.isEmpty == false
    }()

    init(_ options: [String] = []) throws {
        directory = try TemporaryDirectory()
        process.executableURL = URL(fileURLWithPath: Interpreter.path)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("scripts/test-smtp-server")
        process.arguments = [script.path, directory.path] + options
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a { line.append(byte) }
        guard let port = String(decoding: line, as: UTF8.self).split(separator: " ").last.flatMap({ UInt16($0) }) else {
            throw DidNotStart()
        }
        self.port = port
    }

    deinit { try? input.fileHandleForWriting.close() }

    /// What it took, in order.
    func received() throws -> [Received] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".eml") }
        return try names.sorted().map { name in
            let text = String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: directory.path + "/" + name)), as: UTF8.self)
            let end = text.utf8.firstIndex(of: 0x0a) ?? text.endIndex
            let about =
                try JSONSerialization.jsonObject(with: Data(text[..<end].utf8)) as? [String: Any] ?? [:]
            return Received(
                sender: about["sender"] as? String, recipients: about["recipients"] as? [String] ?? [],
                isEncrypted: about["tls"] as? Bool ?? false, user: about["user"] as? String,
                content: String(text[text.utf8.index(after: end)...]))
        }
    }
}

/// A certificate for 127.0.0.1 that signs itself.
struct TestCertificate {
    let certificate: String
    let key: String
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        certificate = directory.path + "/certificate.pem"
        key = directory.path + "/key.pem"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key, "-out",
            certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }
}
