import Foundation
import Testing

/// Bytes changed on the disk behind the server's back.
@Suite struct TamperTests {
    private func flip(_ path: String, at offset: UInt64) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: offset)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data([byte ^ 0x10]))
    }

    @Test func aFlippedBitIsRefusedJournalledAndHarmsNoOtherFile() async throws {
        let place = try Place()
        try await Program.makeUser("admin@example.com", role: "admin", password: Session.password, in: place)
        let server = try await RunningServer(place)
        let sizes = [4_000_000, 3_000_000, 200_000, 5_000]
        let ids = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            return try sizes.map { try ama.upload("file-\($0)", content($0, seed: UInt64($0))) }
        }
        #expect(await server.stop() == 0)
        let blobs = try place.blobs()
        try #require(blobs.count == 3, "largest first; the smallest content rests in the database")
        try flip(blobs[0], at: 100)
        try flip(blobs[1], at: 2_500_000)

        let again = try await RunningServer(place)
        try await blocking {
            let first = try Session(at: again, email: "ama@example.com")
            let reply = try first.download(ids[0])
            #expect(reply.status == 500, "the first chunk is bad, so nothing was sent")
            #expect(
                reply.text.lowercased().contains("integrity") || reply.text.lowercased().contains("damaged"),
                "\(reply.text)")

            // The bad chunk comes after the head was sent: the connection must not end as if all were well.
            let second = try Session(token: first.token, at: again)
            do {
                let late = try second.download(ids[1])
                #expect(late.status == 500)
            } catch Connection.Failure.cutOff(let status, let received) {
                #expect(status == 200 && received < 3_000_000)
            }
            let third = try Session(token: first.token, at: again)
            #expect(try third.download(ids[2]).body == content(200_000, seed: 200_000))
            #expect(try third.download(ids[3]).body == content(5_000, seed: 5_000))

            let admin = try Session(at: again, email: "admin@example.com")
            let journal = try admin.connection.send("GET", "/api/journal?action=integrity_failed")
            let entries = try #require(journal.json["entrees"] as? [[String: Any]])
            let targets = entries.compactMap { ($0["cible"] as? [String: Any])?["id"] as? String }
            #expect(Set(targets) == Set(ids[..<2]), "\(journal.text)")
        }
        #expect(await again.stop() == 0)

        #expect(try await Program.run(["doctor"] + place.flags).status == 0, "sizes are right")
        let deep = try await Program.run(["doctor", "--deep"] + place.flags)
        #expect(deep.status == 1)
        for id in ids[..<2] { #expect(deep.output.contains("of file \(id) does not open"), "\(deep.output)") }
        #expect(!deep.output.contains(ids[2]) && !deep.output.contains(ids[3]))
        #expect(try await Program.run(["journal", "verify"] + place.flags).status == 0)
    }
}
