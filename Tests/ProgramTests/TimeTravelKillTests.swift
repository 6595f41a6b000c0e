import Foundation
import Glibc
import Testing

/// SIGKILL in the middle of a time travel: the next server goes on with it, ends as asked, and does nothing twice.
@Suite struct TimeTravelKillTests {
    @Test func aKilledRestoreGoesOnWhereItWas() async throws {
        let count = 1_200
        let place = try Place()
        try await Program.makeUser("ama@example.com", role: "contributeur", password: Session.password, in: place)
        var server = try await RunningServer(place)
        try await blocking { [server] in try Self.write("one", count, to: server) }
        let before = Int64(Date().timeIntervalSince1970 * 1_000) + 1
        try await blocking { [server] in try Self.write("two", count, to: server) }

        let id = try await blocking { [server] in
            let session = try Session(at: server, email: "ama@example.com")
            let reply = try session.connection.json("POST", "/api/drive/restore", ["as_of": before])
            try #require(reply.status == 202, "\(reply.text)")
            return reply.string("id")
        }
        var kills = 0
        while true {
            let progress = try await blocking { [server] in try Self.progress(of: id, at: server) }
            if progress.state == "completed" { break }
            if progress.done > kills * 300, kills < 3 {
                await server.destroy()
                kills += 1
                server = try await RunningServer(place)
            }
        }
        print("killed \(kills) times")
        let report = try await blocking { [server] in try Self.progress(of: id, at: server) }
        #expect(report.done == count)
        try await blocking { [server] in
            let session = try Session(at: server, email: "ama@example.com")
            let listing = try session.connection.send("GET", "/api/drive/contents?limit=10000")
            let files = try #require(listing.json["files"] as? [[String: Any]])
            #expect(files.count == count)
            for file in files {
                let file = try #require(file["id"] as? String)
                #expect(try session.download(file).text == "one")
                let versions = try session.connection.send("GET", "/api/fichiers/\(file)/versions")
                let rows = try #require(versions.json["versions"] as? [[String: Any]])
                #expect(rows.map { $0["version_number"] as? Int } == [3, 2, 1])
            }
        }
        #expect(await server.stop() == 0)
        let verified = try await Program.run(["journal", "verify"] + place.flags)
        #expect(verified.status == 0, "\(verified.output)")
    }

    private static func write(_ text: String, _ count: Int, to server: RunningServer) throws {
        let session = try Session(at: server, email: "ama@example.com")
        for number in 0..<count {
            let target = "/api/files/upload?name=\(number).txt"
            let reply = try session.connection.send(
                "POST", target, headers: ["Content-Type": "application/octet-stream"], body: Array(text.utf8))
            try #require(reply.status == 201 || reply.status == 200, "\(reply.text)")
        }
    }

    private static func progress(of id: String, at server: RunningServer) throws -> (state: String, done: Int) {
        let session = try Session(at: server, email: "ama@example.com")
        let reply = try session.connection.send("GET", "/api/drive/restore/\(id)")
        try #require(reply.status == 200, "\(reply.text)")
        let progress = reply.json["progress"] as? [String: Any]
        return (reply.string("state"), progress?["done"] as? Int ?? 0)
    }
}
