import FoundationEssentials
import Glibc
import HTTP
import Testing
import VaultTesting

#if canImport(Foundation)
    import Foundation
#endif

/// A fresh directory with a self-signed certificate, made by the `openssl` command.
private struct Certificate: ~Copyable {
    let directory: String
    var files: TLSFiles { TLSFiles(certificatePath: directory + "/cert.pem", keyPath: directory + "/key.pem") }

    init() throws {
        directory = NSTemporaryDirectory() + "/tls-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", files.keyPath, "-out", files.certificatePath,
            ])
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }
}

/// Runs a command and gives its standard output.
private func run(_ command: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}

/// The same off Swift's pool, which the server needs.
private func runAside(_ command: String, _ arguments: [String]) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try run(command, arguments) }) }
    }
}

@Suite struct TLSTests {
    private static func routes() -> Routes {
        var routes = route(.get, "/") { request in .text(200, "secure: \(request.isTLS)") }
        routes.add(.put, "/up", info(.stream)) { request in
            let stream = request.body.stream
            while try await stream.next() != nil {}
            return .text(201, "\(stream.received)")
        }
        routes.add(.put, "/refused", info(.stream)) { _ in
            throw HTTPProblem(status: 403, code: "forbidden", message: "Not yours")
        }
        return routes
    }

    @Test func servesOverTLS() async throws {
        let certificate = try Certificate()
        let files = certificate.files
        try await withServer(Self.routes(), configure: { $0.tls = files }) { port, _ in
            let curl = ["--silent", "--show-error", "--cacert", files.certificatePath]
            let answer = try await runAside("curl", curl + ["https://127.0.0.1:\(port)/"])
            #expect(answer == "secure: true")
            let body = files.certificatePath + ".body"
            try Data(repeating: 7, count: 3_000_000).write(to: URL(fileURLWithPath: body))
            let upload = try await runAside("curl", curl + ["--upload-file", body, "https://127.0.0.1:\(port)/up"])
            #expect(upload == "3000000")
            let refused = try await runAside(
                "curl", curl + ["--upload-file", body, "-H", "Expect:", "https://127.0.0.1:\(port)/refused"])
            #expect(refused.contains("forbidden"))
        }
    }

    @Test func aBodyCutOffIsNoticedAtOnce() async throws {
        let certificate = try Certificate()
        let files = certificate.files
        let outcome = Event<(any Error)?>()
        let routes = route(.put, "/", .stream) { request in
            do {
                let stream = request.body.stream
                while try await stream.next() != nil {}
                outcome.signal(nil)
            } catch {
                outcome.signal(error)
            }
            return .empty(204)
        }
        try await withServer(routes, configure: { $0.tls = files }) { port, _ in
            let request = #"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc"#
            let client = "openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:\(port)"
            _ = try await runAside("sh", ["-c", "printf '\(request)' | \(client)"])
            #expect(await outcome.wait() as? HTTPError == .bodyCutOff)
        }
    }

    @Test func plainRequestsGetNothingFromATLSServer() async throws {
        let certificate = try Certificate()
        let files = certificate.files
        try await withServer(Self.routes(), configure: { $0.tls = files }) { port, _ in
            let client = try await RawHTTPClient(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!String(decoding: try await client.bytesToEnd(), as: UTF8.self).contains("secure"))
        }
    }

    @Test func unusableCertificatesAreClearErrors() throws {
        let certificate = try Certificate()
        for files in [
            TLSFiles(certificatePath: "/nonexistent/cert.pem", keyPath: certificate.files.keyPath),
            TLSFiles(certificatePath: certificate.files.keyPath, keyPath: certificate.files.keyPath),
        ] {
            var configuration = ServerConfiguration()
            configuration.tls = files
            let server = HTTPServer(configuration, RoutedHandler(Routes()))
            do {
                try server.start()
                Issue.record("started")
            } catch {
                guard case .certificate = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}
