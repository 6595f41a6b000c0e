import Foundation
import Glibc
import Testing

/// Servers that several nodes share, as scripts/with-postgresql and scripts/with-seaweedfs start them for the tests.
enum SharedEngines {
    private static let environment = ProcessInfo.processInfo.environment

    /// The maintenance database; nil when there is no server.
    static var postgresql: String? { environment["CLOUDSPACE_TEST_POSTGRESQL"] }
    /// The bucket for tests; nil when there is no server.
    static var s3: String? { environment["CLOUDSPACE_TEST_S3"] }
    static var areThere: Bool { postgresql != nil && s3 != nil }

    /// The key of the bucket.
    static var s3Credentials: [String: String] {
        environment.filter { ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].contains($0.key) }
    }

    /// A database of its own; the URL.
    static func makeDatabase() async throws -> String {
        let server = try #require(postgresql)
        let name = "cluster_" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try await query(server, "CREATE DATABASE \(name)")
        return replacingName(of: server, with: name)
    }

    static func dropDatabase(_ url: String) async throws {
        let name = String(withoutQuery(url).split(separator: "/").last ?? "")
        try await query(try #require(postgresql), "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Runs a statement with psql; what it prints, without decoration.
    @discardableResult
    static func query(_ url: String, _ statement: String) async throws -> String {
        let child = try ChildProcess(
            "/usr/bin/psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        let status = await child.exit()
        try #require(status == 0, "\(statement): \(child.errors)")
        return child.output
    }

    /// A place of its own in the bucket.
    static func makePrefix() throws -> String {
        let bucket = try #require(s3)
        let parts = bucket.split(separator: "?", maxSplits: 1)
        let prefix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return "\(parts[0])/\(prefix)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }

    private static func withoutQuery(_ url: String) -> Substring { url.prefix { $0 != "?" } }

    private static func replacingName(of url: String, with name: String) -> String {
        let head = withoutQuery(url)
        let tail = url[head.endIndex...]
        let slash = head.lastIndex(of: "/") ?? head.endIndex
        return "\(head[..<slash])/\(name)\(tail)"
    }
}

/// Several nodes on one PostgreSQL and one bucket, behind nginx with the configuration that `deploy/` ships.
final class Cluster: @unchecked Sendable {  // `nodes` is changed by the test's own task only
    let place: Place
    /// What tells a node where the vault is.
    let environment: [String: String]
    let database: String
    private(set) var nodes: [RunningServer] = []
    private(set) var proxy: RunningServer?

    init(nodes count: Int) async throws {
        place = try Place()
        database = try await SharedEngines.makeDatabase()
        environment = SharedEngines.s3Credentials.merging(
            ["DATABASE_URL": database, "BLOB_STORE": try SharedEngines.makePrefix(), "CLOUDSPACE_KEYS": place.keys]
        ) { _, new in new }
        try await makeUser("ama@example.com", role: "contributeur")
        for _ in 0..<count { nodes.append(try await startNode()) }
        proxy = try await startProxy()
    }

    func makeUser(_ email: String, role: String) async throws {
        let made = try await run(
            ["users", "create", "--email", email, "--role", role, "--password-stdin"], input: Session.password + "\n")
        try #require(made.status == 0, "\(made.errors)")
    }

    /// A command at the terminal of one of the machines.
    func run(_ arguments: [String], input: String = "") async throws -> Program.Result {
        try await Program.run(arguments, input: input, environment: environment)
    }

    func startNode(port: UInt16 = 0) async throws -> RunningServer {
        try await RunningServer(
            ["--listen", "127.0.0.1:\(port)", "--trusted-proxies", "127.0.0.1"], environment: environment)
    }

    /// Starts a node again where it was.
    func restart(_ index: Int) async throws { nodes[index] = try await startNode(port: nodes[index].port) }

    func stop() async throws {
        _ = await proxy?.stop()
        for node in nodes { _ = await node.stop() }
        try await SharedEngines.dropDatabase(database)
    }

    private func startProxy() async throws -> RunningServer {
        let folder = place.root + "/proxy"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../deploy/nginx/cloudspace.conf"
        ).standardizedFileURL.path
        let port = try Self.freePort()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        let configuration = """
            daemon off;
            worker_processes 1;
            pid \(folder)/pid;
            error_log \(folder)/errors warn;
            events { worker_connections 1024; }
            http {
                access_log off;
                \(temporary.joined(separator: "\n    "))
                upstream cloudspace {
                    zone cloudspace 64k;
                    least_conn;
                    \(nodes.map { "server 127.0.0.1:\($0.port) max_fails=2 fail_timeout=2s;" }.joined(separator: "\n        "))
                    keepalive 64;
                }
                server {
                    listen 127.0.0.1:\(port);
                    include \(shipped);
                }
            }
            """
        try configuration.write(toFile: folder + "/nginx.conf", atomically: true, encoding: .utf8)
        let child = try ChildProcess(
            "/usr/sbin/nginx", ["-p", folder, "-e", folder + "/errors", "-c", folder + "/nginx.conf"])
        let proxy = RunningServer(child, port: port)
        for _ in 0..<1_000 {
            if let connection = try? proxy.connect(), (try? connection.send("GET", "/health"))?.status == 200 {
                return proxy
            }
            try #require(!child.hasEnded, "nginx: \(child.errors)")
            await Task.yield()
        }
        throw RunningServer.DidNotStart(description: "nginx does not answer: \(child.errors)")
    }

    /// A port that nobody listens on now. Only nginx needs one: it cannot say which it was given.
    private static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 ? getsockname(socket, address, &length) : -1
            }
        }
        try #require(code == 0)
        return UInt16(bigEndian: address.sin_port)
    }
}
