import Crypto
import Database
import Foundation
import Glibc
import Testing
import VaultTesting

@testable import cloudspace

/// A vault with everything in it that a move could lose, and a way to move it within the test's process.
final class MovedVault: Sendable {
    let place: Place
    /// SHA-256 of the plain content of every version, by `file/number`.
    let contents: [String: [UInt8]]

    static let email = "ama@example.com"

    /// Versions small and large, a folder moved into a younger one, a file in the trash, one that was shredded, a star, a
    /// lock, a grant, a subscription and a signed journal.
    init() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        contents = try await blocking { try MovedVault.fill(server) }
        #expect(await server.stop() == 0)
        try await MovedVault.add(to: place)
        self.place = place
    }

    private static func fill(_ server: RunningServer) throws -> [String: [UInt8]] {
        let ama = try Session(registeringAt: server, email: email)
        let http = ama.connection
        var contents: [String: [UInt8]] = [:]
        func expect(_ reply: Connection.Reply, line: Int = #line) {
            #expect([200, 201].contains(reply.status), "line \(line): \(reply.status) \(reply.text)")
        }
        func add(_ content: [UInt8], to file: String) throws {
            let form = "/api/fichiers/\(file)/version"
            let boundary = "boundary"
            let head = """
                --\(boundary)\r\nContent-Disposition: form-data; name="file"; filename="next"\r\n\
                Content-Type: application/octet-stream\r\n\r\n
                """
            let body = Array(head.utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
            expect(
                try http.send(
                    "POST", form, headers: ["Content-Type": "multipart/form-data; boundary=\(boundary)"], body: body))
        }
        for (number, sizes) in [[10, 200_000, 0], [3_000_000, 50, 40_000], [33_000], [70_000, 70_001]].enumerated() {
            let versions = sizes.enumerated().map { content($1, seed: UInt64(100 * number + $0 + 1)) }
            let file = try ama.upload("file-\(number)", versions[0])
            for version in versions.dropFirst() { try add(version, to: file) }
            for (index, version) in versions.enumerated() {
                contents["\(file)/\(index + 1)"] = SHA256Hash.of(version)
            }
        }
        let files = Set(contents.keys.map { String($0.prefix(36)) }).sorted()
        // The child is older than its parent, so its row comes first.
        let child = try http.json("POST", "/api/drive/folders", ["name": "child"])
        let parent = try http.json("POST", "/api/drive/folders", ["name": "parent"])
        expect(try http.json("POST", "/api/files/\(child.string("id"))/move", ["destination_id": parent.string("id")]))
        expect(try http.json("POST", "/api/files/\(files[0])/move", ["destination_id": child.string("id")]))
        expect(try http.send("PUT", "/api/files/\(files[1])/star"))
        expect(try http.send("PUT", "/api/files/\(files[2])/lock"))
        let trashed = try ama.upload("trashed", content(50_000, seed: 7))
        expect(try http.send("DELETE", "/api/files/\(trashed)"))
        let shredded = try ama.upload("shredded", content(60_000, seed: 8))
        expect(try http.send("DELETE", "/api/files/\(shredded)"))
        expect(try http.send("DELETE", "/api/trash/\(shredded)"))
        _ = try Session(registeringAt: server, email: "kofi@example.com")
        return contents
    }

    /// What no route makes.
    private static func add(to place: Place) async throws {
        let database = try SQLiteDatabase(path: place.database)
        try await database.write { transaction in
            let accounts = try transaction.all("SELECT id FROM accounts ORDER BY id") { $0.bytes(0) }
            let node = try transaction.first("SELECT id FROM nodes ORDER BY id DESC") { $0.bytes(0) }
            try transaction.run(
                """
                INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                VALUES (\(node), \(accounts[1]), 2, \(accounts[0]), \(transaction.now))
                """)
            try transaction.run(
                """
                INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from)
                VALUES ('premium', 'month', 12000, 'XOF', 1700000000000)
                """)
            try transaction.run("UPDATE plans SET name = 'Gratuit' WHERE id = 'free'")
            try transaction.run(
                """
                INSERT INTO subscriptions (id, account_id, plan_id, price_id, status, since)
                VALUES (\([UInt8](repeating: 9, count: 16)), \(accounts[0]), 'premium', 6, 'active', \(transaction.now))
                """)
        }
        await database.close()
    }

    var ring: KeyRing { get throws { try FileKeyProvider(directory: place.keys).unlock() } }

    /// The data directory as a place of a move.
    var source: String { place.data }

    /// Moves within this process.
    /// - Parameter stops: whether to stop, asked with the number of the question.
    func move(
        from: String? = nil, to: String, _ start: VaultMove.Start = .whereItStopped,
        stops: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) async throws -> VaultMove.Report {
        try await order(from: from ?? source, to: to, stops).move(start)
    }

    func comparison(from: String? = nil, with other: String) async throws -> VaultMove.Report {
        try await order(from: from ?? source, to: other, { _ in false }).comparison()
    }

    private func order(
        from: String, to: String, _ stops: @escaping @Sendable (Int) -> Bool
    ) throws -> MoveOrder {
        let questions = Tally()
        return MoveOrder(
            source: try MovePlace(parsing: from).resolved, target: try MovePlace(parsing: to).resolved, ring: try ring,
            control: MoveControl(progress: MoveProgress(.lines { _ in }), isStopped: { stops(questions.next()) }))
    }

    /// SHA-256 of every file of the source but the two that SQLite keeps beside a database that is open.
    func sourceFiles() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for path in try place.files() where !path.hasSuffix("-shm") && !path.hasSuffix("-wal") {
            files[path] = SHA256Hash.of(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        }
        return files
    }

    /// Serves a place and reads every version.
    func expectContents(servedWith flags: [String], environment: [String: String] = [:]) async throws {
        let server = try await RunningServer(flags: flags, environment: environment)
        let contents = contents
        try await blocking {
            let ama = try Session(at: server, email: MovedVault.email)
            for (version, expected) in contents.sorted(by: { $0.key < $1.key }) {
                let parts = version.split(separator: "/")
                let reply = try ama.connection.send(
                    "GET", "/api/fichiers/\(parts[0])/versions/\(parts[1])/download")
                #expect(reply.status == 200, "\(version): \(reply.status)")
                #expect(SHA256Hash.of(reply.body) == expected, "\(version)")
            }
            _ = try ama.upload("written at the target", content(80_000, seed: 77))
        }
        #expect(await server.stop() == 0)
    }

    /// The finished blobs below a data directory.
    static func blobs(in directory: String) -> [String] {
        let top = directory + "/blobs"
        let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
        // `ef/cd/` and 32 digits.
        return names.filter { $0.count == 38 && !$0.hasPrefix("tmp") }.sorted().map { "\(top)/\($0)" }
    }

    /// A directory of its own, not made yet.
    func directory(_ name: String) -> String { "\(place.root)/\(name)" }
}

/// Counts questions.
final class Tally: @unchecked Sendable {  // touched under the lock alone
    private let lock = NSLock()
    private var count = 0

    func next() -> Int {
        lock.withLock {
            count += 1
            return count
        }
    }
}

extension RunningServer {
    /// A server with flags of its own.
    convenience init(flags: [String], environment: [String: String] = [:]) async throws {
        let child = try ChildProcess(
            Program.path, ["serve", "--listen", "127.0.0.1:0"] + flags, environment: environment)
        guard let line = await child.line(beginning: "listening on "), let colon = line.lastIndex(of: ":"),
            let port = UInt16(line[line.index(after: colon)...])
        else {
            let status = await child.exit()
            throw DidNotStart(description: "exit status \(status): \(child.output) \(child.errors)")
        }
        self.init(child, port: port)
    }
}
