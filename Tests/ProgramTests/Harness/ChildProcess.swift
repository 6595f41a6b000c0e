import Foundation
import Glibc

/// A program started by a test: output and errors go to files, so that nobody has to read along.
final class ChildProcess: @unchecked Sendable {  // `state` is only touched under `condition`
    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private let condition = NSCondition()
    private var status: Int32?
    private var lines: [String] = []
    private var outputEnded = false

    private static let starting = NSLock()
    /// No test waits for this to pass: it only turns a hang into a failure.
    private static let patience: TimeInterval = 240

    struct CannotStart: Error { let code: Int32 }

    /// - Parameters:
    ///   - input: what standard input holds.
    ///   - environment: added to a bare environment; nothing of the test's own leaks in.
    init(
        _ path: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        limits: [(resource: Int32, value: UInt64)] = []
    ) throws {
        let scratch = try Scratch.file()
        outputPath = scratch + ".out"
        errorPath = scratch + ".err"
        let inputPath = scratch + ".in"
        try Data(input).write(to: URL(fileURLWithPath: inputPath))
        var ends: [Int32] = [0, 0]
        // Between making the pipe and closing it to further children, no other child may start: it would keep an end.
        Self.starting.lock()
        defer { Self.starting.unlock() }
        guard pipe(&ends) == 0 else { throw CannotStart(code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The test runner may leave signals blocked or ignored; the program must start as from a shell.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigemptyset(&all)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { sigaddset(&all, signal) }
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var bare = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        if let libraries = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] {
            bare["LD_LIBRARY_PATH"] = libraries
        }
        let variables = bare.merging(environment) { _, given in given }.map { strdup("\($0.key)=\($0.value)") }
        let words = ([path] + arguments).map { strdup($0) }
        defer { (variables + words).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, path, &actions, &attributes, words + [nil], variables + [nil])
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw CannotStart(code: code)
        }
        pid = child
        let output = ends[0]
        Thread.detachNewThread { [self] in readLines(output) }
        Thread.detachNewThread { [self] in
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            condition.withLock {
                status = raw
                condition.broadcast()
            }
        }
    }

    private func readLines(_ descriptor: Int32) {
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += buffer[..<count]
            while let end = rest.firstIndex(of: 10) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeSubrange(...end)
                condition.withLock {
                    lines.append(line)
                    condition.broadcast()
                }
            }
        }
        close(descriptor)
        condition.withLock {
            if !rest.isEmpty { lines.append(String(decoding: rest, as: UTF8.self)) }
            outputEnded = true
            condition.broadcast()
        }
    }

    /// Waits until a line of standard output begins with `prefix`.
    /// - Returns: nil when the program ended without it.
    func line(beginning prefix: String) async -> String? {
        await blocking { [self] in
            condition.withLock {
                let deadline = Date(timeIntervalSinceNow: Self.patience)
                while true {
                    if let line = lines.first(where: { $0.hasPrefix(prefix) }) { return line }
                    if outputEnded || !condition.wait(until: deadline) { return nil }
                }
            }
        }
    }

    /// Waits for the end: the exit status, or 128 and the signal's number. Ends a process that does not end by itself.
    func exit() async -> Int32 {
        await blocking { [self] in
            condition.withLock {
                var deadline = Date(timeIntervalSinceNow: Self.patience)
                while status == nil || !outputEnded {
                    guard !condition.wait(until: deadline) else { continue }
                    kill(pid, SIGKILL)
                    // A moment that is past would not let go of the lock, and nobody could say that it ended.
                    deadline = Date(timeIntervalSinceNow: 1)
                }
                let raw = status ?? 0
                return raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
            }
        }
    }

    /// Whether the system wrote a core when it ended.
    var dumpedCore: Bool { condition.withLock { (status ?? 0) & 0x80 != 0 } }

    var hasEnded: Bool { condition.withLock { status != nil } }
    var output: String { condition.withLock { lines.joined(separator: "\n") } }
    var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { if !hasEnded { kill(pid, number) } }
}

/// Runs blocking work on a thread of its own, never on the pool that runs the tests.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}

func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await blocking { Result { try work() } }.get()
}
