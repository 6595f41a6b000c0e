import Foundation
import Testing

/// The journal's proofs, from the command line.
@Suite struct JournalCommandTests {
    private func makeVault() async throws -> Place {
        let place = try Place()
        let server = try await RunningServer(place)
        try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            for number in 0..<12 { _ = try ama.upload("file-\(number)", content(100, seed: UInt64(number))) }
        }
        #expect(await server.stop() == 0)
        return place
    }

    /// Runs statements with the program that anybody has.
    private func sqlite(_ place: Place, _ statements: String) async throws -> String {
        let child = try ChildProcess("/usr/bin/sqlite3", [place.database, statements])
        try #require(await child.exit() == 0, "\(child.errors)")
        return child.output
    }

    private func dropTriggers(_ place: Place) async throws {
        let names = try await sqlite(place, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for name in names.split(separator: "\n") { _ = try await sqlite(place, "DROP TRIGGER \(name)") }
    }

    @Test func anUntouchedJournalVerifies() async throws {
        let place = try await makeVault()
        let result = try await Program.run(["journal", "verify"] + place.flags)
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("journal: sound; "))
    }

    @Test func theDatabaseItselfRefusesChanges() async throws {
        let place = try await makeVault()
        for statement in ["UPDATE journal_events SET outcome = 1 WHERE sequence = 3", "DELETE FROM journal_events"] {
            let child = try ChildProcess("/usr/bin/sqlite3", [place.database, statement])
            #expect(await child.exit() != 0, "\(statement)")
        }
    }

    @Test(arguments: [
        ("UPDATE journal_events SET action = 'file_viewed' WHERE sequence = 5", 5),
        ("UPDATE journal_events SET time = time + 1 WHERE sequence = 9", 9),
        ("DELETE FROM journal_events WHERE sequence = 4", 4),
    ])
    func aChangedRowIsFoundAndNamed(_ statement: String, _ sequence: Int) async throws {
        let place = try await makeVault()
        try await dropTriggers(place)
        _ = try await sqlite(place, statement)
        let result = try await Program.run(["journal", "verify"] + place.flags)
        #expect(result.status == 1)
        #expect(result.output.contains("the first bad event is \(sequence)"), "\(result.output)")
        let doctor = try await Program.run(["doctor"] + place.flags)
        #expect(doctor.status == 1)
        #expect(doctor.output.contains("not as it was written, from event \(sequence) on"))
    }

    @Test func aJournalCutShortContradictsItsCheckpoint() async throws {
        let place = try await makeVault()
        let checkpoint = try await Program.run(["journal", "checkpoint"] + place.flags)
        #expect(checkpoint.status == 0)
        let kept = place.root + "/checkpoints.txt"
        try (checkpoint.output + "\n").write(toFile: kept, atomically: true, encoding: .utf8)
        try await dropTriggers(place)
        _ = try await sqlite(
            place,
            "DELETE FROM journal_events WHERE sequence > 6; DELETE FROM journal_leaves WHERE sequence > 6; DELETE FROM journal_checkpoints"
        )
        let alone = try await Program.run(["journal", "verify"] + place.flags)
        #expect(alone.status == 0, "alone, a journal rewritten as a whole looks sound")
        let remembered = try await Program.run(["journal", "verify", "--checkpoints", kept] + place.flags)
        #expect(remembered.status == 1, "\(remembered.output)")
        #expect(remembered.output.contains("events were signed"))
    }

    @Test func anExportVerifiesOfflineAndAChangedOneDoesNot() async throws {
        let place = try await makeVault()
        let file = place.root + "/journal.ndjson"
        let export = try await Program.run(["journal", "export", "--out", file] + place.flags)
        #expect(export.status == 0, "\(export.errors)")
        let key = try #require(
            export.errors.split(separator: " ").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
        // No data, no keys: the export alone.
        let good = try await Program.run(["journal", "verify", "--file", file, "--public-key", key])
        #expect(good.status == 0, "\(good.output) \(good.errors)")
        #expect(good.output.contains("journal export: sound; full"))

        let text = try String(contentsOfFile: file, encoding: .utf8)
        let changed = place.root + "/changed.ndjson"
        try text.replacing("file_uploaded", with: "file_viewed", maxReplacements: 1)
            .write(toFile: changed, atomically: true, encoding: .utf8)
        let bad = try await Program.run(["journal", "verify", "--file", changed, "--public-key", key])
        #expect(bad.status == 1)
        #expect(bad.output.contains("NOT as it was signed"))

        let other = try await makeVault()
        let foreign = try await Program.run(["journal", "checkpoint"] + other.flags)
        let foreignKey = try #require(
            foreign.errors.split(separator: " ").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
        #expect(try await Program.run(["journal", "verify", "--file", file, "--public-key", foreignKey]).status == 1)
    }

    @Test func aPartOfTheJournalIsExportedInEveryForm() async throws {
        let place = try await makeVault()
        func export(_ name: String, _ more: String...) async throws -> Data {
            let file = place.root + "/" + name
            let result = try await Program.run(["journal", "export", "--out", file] + more + place.flags)
            #expect(result.status == 0, "\(result.errors)")
            return try Data(contentsOf: URL(fileURLWithPath: file))
        }
        _ = try await export("part.ndjson", "--action", "file_uploaded", "--q", "file-1")
        let verified = try await Program.run(["journal", "verify", "--file", place.root + "/part.ndjson"])
        // file-1, file-10 and file-11.
        #expect(verified.output.contains("journal export: sound; selection, 3 events of"), "\(verified.output)")
        let script = Repository.root + "/scripts/verify_journal.py"
        let python = try ChildProcess("/usr/bin/env", ["python3", script, place.root + "/part.ndjson"])
        #expect(await python.exit() == 0, "\(python.output) \(python.errors)")

        let csv = String(
            decoding: try await export(
                "part.csv", "--format", "csv", "--action", "file_uploaded", "--language", "en"), as: UTF8.self)
        #expect(csv.hasPrefix("sequence,time,actor,"))
        #expect(csv.contains("uploaded the file ID="))
        #expect(csv.contains("file-11"))
        let bare = String(
            decoding: try await export("bare.csv", "--format", "csv", "--without-names"), as: UTF8.self)
        #expect(!bare.contains("file-11"))
        let pdf = try await export("part.pdf", "--format", "pdf", "--last", "1h")
        #expect(pdf.starts(with: Data("%PDF-1.".utf8)))
        // The exports are in the journal, with what they selected.
        let log = try await sqlite(place, "SELECT details FROM journal_events WHERE action = 'journal_exported'")
        #expect(log.contains(#""action":["file_uploaded"]"#) && log.contains(#""format":"pdf""#), "\(log)")

        for (flag, value) in [("--format", "xml"), ("--outcome", "good"), ("--last", "soon"), ("--folder", "x")] {
            let refused = try await Program.run(
                ["journal", "export", "--out", place.root + "/no", flag, value] + place.flags)
            #expect(refused.status != 0, "\(flag) \(value)")
            #expect(!refused.errors.isEmpty && !FileManager.default.fileExists(atPath: place.root + "/no"))
        }
    }

    @Test func aDocumentsProofVerifiesOffline() async throws {
        let place = try Place()
        let server = try await RunningServer(place)
        let (proof, id) = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            let id = try ama.upload("contrat.txt", Array("un".utf8))
            return (try ama.connection.send("GET", "/api/fichiers/\(id)/preuve"), id)
        }
        #expect(proof.status == 200)
        #expect(await server.stop() == 0)
        let file = place.root + "/preuve.json"
        try Data(proof.body).write(to: URL(fileURLWithPath: file))
        let good = try await Program.run(["journal", "verify", "--file", file])
        #expect(good.status == 0, "\(good.output)")
        #expect(good.output.contains("document proof: sound; file \(id), 1 events of"))
        // What `sha256sum` says of the document.
        #expect(
            good.output.contains(
                "version 1 sha256 68bca10eea2ba33f6f15a6ab0c7df2a49051a6541f9118d468b0585d5d60398b"))
        let changed = place.root + "/changed.json"
        try String(decoding: proof.body, as: UTF8.self).replacing(
            "\"version\":1,\"sha256\"", with: "\"version\":2,\"sha256\""
        )
        .write(toFile: changed, atomically: true, encoding: .utf8)
        let bad = try await Program.run(["journal", "verify", "--file", changed])
        #expect(bad.status == 1)
        #expect(bad.output.contains("document proof: NOT as it was signed; line 3: digest"), "\(bad.output)")
    }

    @Test func theSecondVerifierAgrees() async throws {
        let script = Repository.root + "/scripts/verify_journal.py"
        try #require(FileManager.default.fileExists(atPath: script))
        let place = try await makeVault()
        let file = place.root + "/journal.ndjson"
        #expect(try await Program.run(["journal", "export", "--out", file] + place.flags).status == 0)
        let python = try ChildProcess("/usr/bin/env", ["python3", script, file])
        #expect(await python.exit() == 0, "\(python.output) \(python.errors)")
    }

    @Test func anExportThatCannotBeWrittenLeavesNothing() async throws {
        let place = try await makeVault()
        let result = try await Program.run(
            ["journal", "export", "--out", place.root + "/no/where.ndjson"] + place.flags)
        #expect(result.status == 1)
        #expect(result.errors.contains("cannot be written"))
    }
}
