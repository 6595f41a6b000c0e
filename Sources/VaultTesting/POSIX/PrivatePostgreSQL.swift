import Glibc

/// A PostgreSQL server of one test's own, which may be stopped, killed and started again.
public struct PrivatePostgreSQL: Sendable {
    private let directory: String
    private let programs: String
    private let port: UInt16

    /// Makes a cluster and starts its server. Available where ``TestPostgreSQL/url`` is.
    public init() async throws {
        programs = environment("CLOUDSPACE_TEST_POSTGRESQL_PROGRAMS") ?? "/usr/bin"
        port = try Self.freePort()
        directory = try Self.makeDirectory()
        try await runAsServer([
            "\(programs)/initdb", "--pgdata=\(directory)/data", "--username=cloudspace", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
        ])
        try await start()
    }

    /// The address of a database of it, as a role that may do everything.
    public func url(database: String = "postgres") -> String {
        "postgresql://cloudspace@127.0.0.1:\(port)/\(database)"
    }

    /// How a server is stopped.
    public enum StopMode: String, Sendable {
        /// Connections are ended in order.
        case fast
        /// All at once, like a crash: the next start recovers from the log.
        case immediate
    }

    public func start() async throws {
        // Everything is synced, as these tests are about what survives.
        let options = "-p \(port) -k \(directory) -c listen_addresses=127.0.0.1 -c max_connections=100"
        try await runAsServer([
            "\(programs)/pg_ctl", "-D", "\(directory)/data", "-s", "-w", "-l", "\(directory)/server.log", "-o", options,
            "start",
        ])
    }

    public func stop(_ mode: StopMode) async throws {
        try await runAsServer([
            "\(programs)/pg_ctl", "-D", "\(directory)/data", "-s", "-w", "-m", mode.rawValue, "stop",
        ])
    }

    /// Has every host name and password be asked for from now on: `password` becomes the role's.
    public func requirePassword(_ password: String) async throws {
        try await runAsServer([
            "\(programs)/psql", "-q", "-d", url(), "-c", "ALTER ROLE cloudspace PASSWORD '\(password)'",
        ])
        try await runAsServer(["sed", "-i", "s/trust$/scram-sha-256/", "\(directory)/data/pg_hba.conf"])
        try await runAsServer(["\(programs)/pg_ctl", "-D", "\(directory)/data", "-s", "reload"])
    }

    /// Stops the server and deletes its files.
    public func remove() async {
        try? await stop(.immediate)
        try? await ExternalCommand.run(["rm", "-rf", "--", directory])
    }

    /// The server refuses to run as root.
    private func runAsServer(_ arguments: [String]) async throws {
        try await ExternalCommand.run(getuid() == 0 ? ["runuser", "-u", "postgres", "--"] + arguments : arguments)
    }

    private static func makeDirectory() throws -> String {
        // The script that started the tests removes what is left in its directory.
        let base = environment("CLOUDSPACE_TEST_POSTGRESQL_DIRECTORY") ?? environment("TMPDIR") ?? "/tmp"
        var template = Array("\(base)/private-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemFailure(code: errno) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if getuid() == 0, let account = unsafe getpwnam("postgres") {
            guard unsafe chown(path, account.pointee.pw_uid, account.pointee.pw_gid) == 0 else {
                throw SystemFailure(code: errno)
            }
        }
        return path
    }

    /// A port that nobody listens on at this moment. Below those that the system hands out to clients, so that none of them
    /// takes it while the server is stopped.
    private static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 15_000..<32_768)
            if isFree(port) { return port }
        }
        throw SystemFailure(code: EADDRINUSE)
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { Glibc.close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private struct SystemFailure: Error {
        let code: Int32
    }
}
