import Foundation
import Glibc
import Testing

/// SIGKILL under load: what was acknowledged is there, what is there is whole.
@Suite struct CrashTests {
    /// What clients were told, gathered by their threads.
    private final class Acknowledged: @unchecked Sendable {  // `files` is only touched under `lock`
        private let lock = NSLock()
        private var files: [String: String] = [:]

        /// - Returns: how many there are now.
        func add(_ name: String, id: String) -> Int {
            lock.withLock {
                files[name] = id; return files.count
            }
        }
        var all: [String: String] { lock.withLock { files } }
    }

    @Test func nothingAcknowledgedIsLostAndNothingHalfIsVisible() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("CrashTests seed: \(seed)")
        var random = SeededGenerator(seed: seed)
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "contributeur", password: Session.password, in: place)
        var expected: [String: String] = [:]
        for round in 1...4 {
            let server = try await RunningServer(place)
            let target = Int.random(in: 1...80, using: &random)
            let acknowledged = Acknowledged()
            await withTaskGroup { group in
                for client in 0..<4 {
                    group.addTask {
                        await blocking {
                            Self.load(server, "r\(round)-c\(client)", acknowledged, killAt: target)
                        }
                    }
                }
            }
            #expect(await server.child.exit() == 128 + SIGKILL)
            expected.merge(acknowledged.all) { _, new in new }
            print("round \(round): killed at \(target), \(acknowledged.all.count) acknowledged")

            let again = try await RunningServer(place)
            let files = expected
            try await blocking { try Self.check(again, acknowledged: files) }
            let verified = try await Program.run(["journal", "verify"] + place.flags)
            #expect(verified.status == 0, "\(verified.output)")
            #expect(await again.stop() == 0)
        }
        let doctor = try await Program.run(["doctor", "--deep"] + place.flags)
        #expect(doctor.status == 0, "\(doctor.output)")
    }

    /// Uploads until the server is gone; the acknowledgement that makes `killAt` kills it.
    private static func load(_ server: RunningServer, _ name: String, _ acknowledged: Acknowledged, killAt: Int) {
        guard let session = try? Session(at: server, email: "ama@example.com") else { return }
        for number in 0... {
            let file = "\(name)-\(number)"
            guard let reply = try? session.tryUpload(file, bytes(of: file)), reply.status == 201 else { return }
            if acknowledged.add(file, id: reply.string("id")) == killAt { server.child.signal(SIGKILL) }
        }
    }

    private static func check(_ server: RunningServer, acknowledged: [String: String]) throws {
        let session = try Session(at: server, email: "ama@example.com")
        for (name, id) in acknowledged {
            let reply = try session.download(id)
            #expect(reply.status == 200, "\(name): \(reply.text.prefix(200))")
            #expect(reply.body == bytes(of: name), "\(name)")
        }
        let listing = try session.connection.send("GET", "/api/drive/contents?limit=10000")
        let files = try #require(listing.json["files"] as? [[String: Any]])
        #expect(files.count >= acknowledged.count)
        for file in files {
            let name = try #require(file["name"] as? String)
            let id = try #require(file["id"] as? String)
            guard acknowledged[name] == nil else { continue }
            // Not acknowledged but there: then it is all there.
            #expect(try session.download(id).body == bytes(of: name), "\(name)")
        }
    }

    /// The content of a file follows from its name: most small, some beside the database, a few long ones.
    private static func bytes(of name: String) -> [UInt8] {
        let seed = name.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        var random = SeededGenerator(seed: seed)
        let size =
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6: Int.random(in: 0...30_000, using: &random)
            case 6..<9: Int.random(in: 33_000...200_000, using: &random)
            default: Int.random(in: 500_000...1_500_000, using: &random)
            }
        return content(size, seed: seed)
    }
}
