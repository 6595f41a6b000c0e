import Foundation
import Testing

/// A journal that was set back is noticed with what is remembered elsewhere.
@Suite struct WitnessTests {
    /// A vault whose database was replaced by an older copy of itself; the checkpoints remember the newer one.
    private func setBack() async throws -> (Place, witness: String) {
        let place = try Place()
        let witness = place.root + "/witness.txt"
        let flags = ["--checkpoint-file", witness]
        let first = try await RunningServer(place, flags)
        try await blocking { _ = try Session(registeringAt: first, email: "ama@example.com") }
        #expect(await first.stop() == 0)
        let copy = place.root + "/older.db"
        try FileManager.default.copyItem(atPath: place.database, toPath: copy)
        let second = try await RunningServer(place, flags)
        try await blocking {
            let ama = try Session(at: second, email: "ama@example.com")
            for number in 0..<20 { _ = try ama.upload("\(number).txt", content(10, seed: UInt64(number))) }
        }
        #expect(await second.stop() == 0)
        for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: place.database + ending) }
        try FileManager.default.moveItem(atPath: copy, toPath: place.database)
        return (place, witness)
    }

    @Test func anOlderCopyOfTheDatabaseIsNoticedEverywhere() async throws {
        let (place, witness) = try await setBack()
        let flags = ["--witness-file", witness]
        let check = try await Program.run(["journal", "witness"] + place.flags + flags)
        #expect(check.status == 1 && check.output.contains("events were signed"), "\(check.output)")
        let doctor = try await Program.run(["doctor"] + place.flags + flags)
        #expect(doctor.status == 1 && doctor.output.contains("problem  witness"), "\(doctor.output)")
        // Without the witness nothing is wrong: the older copy is sound in itself.
        #expect(try await Program.run(["doctor"] + place.flags).status == 0)

        let strict = try await Program.run(
            ["serve"] + place.flags + ["--listen", "127.0.0.1:0", "--witness-strict"] + flags)
        #expect(strict.status == 2 && strict.errors.contains("the journal is not what"), "\(strict.errors)")

        try await Program.makeUser("root@example.com", role: "admin", password: Session.password, in: place)
        let server = try await RunningServer(place, flags)
        try await blocking {
            let connection = try server.connect()
            let health = try connection.send("GET", "/health")
            #expect(health.status == 503 && health.text.contains("journal_witness"))
            let ready = try connection.send("GET", "/ready")
            #expect(ready.status == 200 && ready.string("journal") == "CONTRADICTED")
            let metrics = try connection.send("GET", "/metrics")
            #expect(metrics.text.contains("\ncloudspace_journal_witness_state 3\n"))
            let admin = try Session(at: server, email: "root@example.com")
            let told = try admin.connection.send("GET", "/api/notifications")
            #expect(told.text.contains("journal_contradicted"), "\(told.text)")
            let journal = try admin.connection.send("GET", "/api/journal?action=witness_contradicted")
            #expect(journal.text.contains("events were signed"), "\(journal.text)")
        }
        #expect(await server.stop() == 0)
        #expect(server.child.errors.contains("THE JOURNAL CONTRADICTS ITS WITNESS"))
    }

    @Test func aSoundJournalServesStrictly() async throws {
        let place = try Place()
        let witness = place.root + "/witness.txt"
        let flags = ["--checkpoint-file", witness, "--witness-file", witness, "--witness-strict"]
        for _ in 0..<2 {
            let server = try await RunningServer(place, flags)
            try await blocking {
                let ready = try server.connect().send("GET", "/ready")
                #expect(["NOT_WITNESSED", "CONSISTENT"].contains(ready.string("journal")))
            }
            #expect(await server.stop() == 0)
        }
        let doctor = try await Program.run(["doctor"] + place.flags + ["--witness-file", witness])
        #expect(doctor.status == 0 && doctor.output.contains("remembered checkpoints agree"), "\(doctor.output)")
        try FileManager.default.removeItem(atPath: witness)
        let gone = try await Program.run(["doctor"] + place.flags + ["--witness-file", witness])
        #expect(gone.status == 1 && gone.output.contains("cannot be read as text"))
    }

    @Test func whatACrashLeftInTheFileIsTakenAwayBeforeTheNextNote() async throws {
        let place = try Place()
        let file = place.root + "/checkpoints.txt"
        let first = try await RunningServer(place, ["--checkpoint-file", file])
        try await blocking { _ = try Session(registeringAt: first, email: "ama@example.com") }
        #expect(await first.stop() == 0)
        let whole = try String(contentsOfFile: file, encoding: .utf8)
        try (whole + whole.prefix(60)).write(toFile: file, atomically: false, encoding: .utf8)
        let second = try await RunningServer(place, ["--checkpoint-file", file])
        try await blocking { _ = try Session(registeringAt: second, email: "kofi@example.com") }
        #expect(await second.stop() == 0)
        let after = try String(contentsOfFile: file, encoding: .utf8)
        #expect(after.hasPrefix(whole) && after.count > whole.count)
        let check = try await Program.run(["journal", "witness"] + place.flags + ["--witness-file", file])
        #expect(check.status == 0 && check.output.contains("2 checkpoints agree"), "\(check.output)")
    }
}
