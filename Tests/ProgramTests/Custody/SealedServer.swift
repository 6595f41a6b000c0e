import Foundation
import Glibc
import Testing

/// A vault of a test whose key ring is locked with something else than a key file.
struct LockedVault {
    let place: Place
    let flags: [String]
    /// The shares that `keys init` printed; none for other providers.
    let shares: [String]

    static let passphrase = "four words of mine"

    /// Makes the keys and an administrator.
    init(_ provider: String, _ more: [String] = [], environment: [String: String] = [:]) async throws {
        place = try Place()
        let flags = place.flags + ["--key-provider", provider] + more
        self.flags = flags
        let isSplit = provider == "shares"
        let made = try await Program.run(
            ["keys", "init"] + flags + (isSplit ? ["--shares", "3", "--threshold", "2"] : []), environment: environment)
        try #require(made.status == 0, "\(made.errors)")
        shares = made.output.split(separator: "\n").compactMap { line in
            line.hasPrefix("share ") ? line.split(separator: " ").last.map(String.init) : nil
        }
        var user = ["users", "create"] + flags + ["--email", "a@example.com", "--role", "admin", "--password-stdin"]
        if isSplit { user += ["--share-file", try write(shares.joined(separator: "\n"), "shares.txt")] }
        let created = try await Program.run(
            user, input: Session.password + "\n", environment: environment)
        try #require(created.status == 0, "\(created.errors)")
    }

    func write(_ text: String, _ name: String) throws -> String {
        let path = place.root + "/" + name
        try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Serves it without what unlocks it.
    func serve(_ more: [String] = [], environment: [String: String] = [:]) async throws -> RunningServer {
        try await RunningServer(flags + ["--listen", "127.0.0.1:0"] + more, environment: environment)
    }
}

extension RunningServer {
    var url: String { "http://127.0.0.1:\(port)" }

    func get(_ target: String) async throws -> Connection.Reply {
        try await blocking { [self] in try connect().send("GET", target) }
    }

    func post(_ target: String, _ object: [String: String], token: String? = nil) async throws -> Connection.Reply {
        try await blocking { [self] in
            let connection = try connect()
            connection.token = token
            return try connection.json("POST", target, object)
        }
    }

    func signIn() async throws -> String {
        let reply = try await post("/api/auth/login", ["email": "a@example.com", "password": Session.password])
        try #require(reply.status == 200, "\(reply.text)")
        return reply.string("token")
    }

    /// Asks again and again until an answer is as it should be; only against hanging for ever does it give up.
    func wait(for target: String, until isRight: @escaping @Sendable (Connection.Reply) -> Bool) async throws {
        let isThere = try await blocking { [self] () throws -> Bool in
            let end = Date(timeIntervalSinceNow: 90)
            while Date() < end, !child.hasEnded {
                if isRight(try connect().send("GET", target)) { return true }
                sched_yield()
            }
            return false
        }
        #expect(isThere, "\(target) never was right: \(child.errors)")
    }

    /// The actions in the journal, newest first.
    func actions(_ token: String) async throws -> [String] {
        try await blocking { [self] in
            let connection = try connect()
            connection.token = token
            let reply = try connection.send("GET", "/api/journal?limit=50")
            let rows = reply.json["entrees"] as? [[String: Any]] ?? []
            return rows.compactMap { $0["action"] as? String }
        }
    }
}

/// Passes connections on to another port of this machine while it is open, and cuts all of them when it is shut.
final class Relay: @unchecked Sendable {  // everything is touched under `lock` only
    let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let lock = NSLock()
    private var isOpen = true
    private var sockets: Set<Int32> = []

    init(to target: UInt16) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 64) == 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
        }
        self.target = target
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [listener, weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                self.take(client)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    func shut() {
        lock.withLock {
            isOpen = false
            for one in sockets { shutdown(one, Int32(SHUT_RDWR)) }
        }
    }

    func open() { lock.withLock { isOpen = true } }

    private func take(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(target)
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let isTaken = lock.withLock {
            guard isOpen, isConnected else { return false }
            sockets.formUnion([client, server])
            return true
        }
        guard isTaken else {
            close(client)
            close(server)
            return
        }
        let ends = Countdown(2) { [weak self] in
            self?.lock.withLock { self?.sockets.subtract([client, server]) }
            close(client)
            close(server)
        }
        for (from, to) in [(client, server), (server, client)] {
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 16_384)
                while true {
                    let count = recv(from, &buffer, buffer.count, 0)
                    guard count > 0, send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
                }
                shutdown(from, Int32(SHUT_RDWR))
                shutdown(to, Int32(SHUT_RDWR))
                ends.tick()
            }
        }
    }

    private final class Countdown: @unchecked Sendable {
        private let lock = NSLock()
        private var left: Int
        private let done: @Sendable () -> Void

        init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
            left = count
            self.done = done
        }

        func tick() {
            let isLast = lock.withLock {
                left -= 1
                return left == 0
            }
            if isLast { done() }
        }
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
