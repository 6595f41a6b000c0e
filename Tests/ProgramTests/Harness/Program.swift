import Foundation
import Glibc
import Testing

/// The built executable, found beside the test bundle.
enum Program {
    static let path: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("cloudspace").path
    }()

    struct Result: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs one command to its end.
    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Result {
        let child = try ChildProcess(path, arguments, input: Array(input.utf8), environment: environment)
        let status = await child.exit()
        return Result(status: status, output: child.output, errors: child.errors)
    }

    /// Makes an account with the program itself.
    static func makeUser(_ email: String, role: String, password: String, in place: Place) async throws {
        let made = try await run(
            ["users", "create"] + place.flags + ["--email", email, "--role", role, "--password-stdin"],
            input: password + "\n")
        try #require(made.status == 0, "\(made.errors)")
    }
}

/// A server started by a test; killed when the test lets go of it.
final class RunningServer: Sendable {
    let child: ChildProcess
    let port: UInt16

    struct DidNotStart: Error, CustomStringConvertible { let description: String }

    convenience init(_ place: Place, _ more: [String] = [], environment: [String: String] = [:]) async throws {
        try await self.init(place.flags + ["--listen", "127.0.0.1:0"] + more, environment: environment)
    }

    /// With the flags of `serve`, the address it listens on among them.
    init(_ flags: [String], environment: [String: String]) async throws {
        child = try ChildProcess(Program.path, ["serve"] + flags, environment: environment)
        guard let line = await child.line(beginning: "listening on "), let colon = line.lastIndex(of: ":"),
            let port = UInt16(line[line.index(after: colon)...])
        else {
            let status = await child.exit()
            throw DidNotStart(description: "exit status \(status): \(child.output) \(child.errors)")
        }
        self.port = port
    }

    /// A server that was started by other means.
    init(_ child: ChildProcess, port: UInt16) {
        self.child = child
        self.port = port
    }

    deinit { child.signal(SIGKILL) }

    func connect() throws -> Connection { try Connection(port: port) }

    /// SIGTERM; the exit status.
    func stop() async -> Int32 {
        child.signal(SIGTERM)
        return await child.exit()
    }

    /// SIGKILL; returns when the process is gone.
    func destroy() async {
        child.signal(SIGKILL)
        _ = await child.exit()
    }
}
