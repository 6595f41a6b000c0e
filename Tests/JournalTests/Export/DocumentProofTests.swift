import Crypto
import Database
import Foundation
import Journal
import Testing
import VaultTesting

/// Proofs of documents: made, verified by both verifiers, and refused when anything in them is another.
@Suite struct DocumentProofTests {
    private static let file: UInt128 = 0x0192_8a7e_5c00_7000_8000_0000_0000_0067
    private static let versions: [Int64: ProvenVersion] = [
        2: ProvenVersion(number: 1, sha256: [UInt8](repeating: 0xab, count: 32), size: 10),
        5: ProvenVersion(number: 2, sha256: [UInt8](repeating: 0xcd, count: 32), size: 0),
    ]

    /// A journal in which a file was uploaded, read, edited and restored, among other things.
    private func world() async throws -> JournalWorld {
        let world = try await JournalWorld()
        let acts: [(String, UInt128, Outcome)] = [
            ("file_uploaded", 1, .success), ("file_uploaded", Self.file, .success),
            ("file_downloaded", Self.file, .success), ("file_edited", Self.file, .refused),
            ("file_edited", Self.file, .success), ("file_edited", 1, .success),
            ("version_restored", Self.file, .success), ("file_trashed", Self.file, .success),
        ]
        for (action, target, outcome) in acts {
            world.clock.advance(seconds: 60)
            let journal = world.journal
            try await world.database.write { transaction in
                _ = try journal.append(
                    JournalEvent(
                        actorKind: .user, actorID: 3, action: action, targetKind: "fichier", targetID: target,
                        spaceID: 9, outcome: outcome, sealedDetails: [1, 2, 3]), in: transaction)
            }
        }
        return world
    }

    private func proof(
        of document: UInt128 = file, in world: JournalWorld, by journal: Journal? = nil
    ) async throws -> [UInt8] {
        let checkpoint = try await world.sequencer.makeCheckpoint()
        let proof = DocumentProof(
            journal ?? world.journal, database: world.database, checkpoint: checkpoint, document: document
        ) { row, _ in Self.versions[row.sequence] }
        var bytes: [UInt8] = []
        while let piece = try await proof.next() { bytes += piece }
        return bytes
    }

    private func verify(
        _ proof: [UInt8], key: NoteVerifierKey? = nil, remembered: [String] = []
    ) throws -> DocumentProofReport {
        var verifier = DocumentProofVerifier(key: key, remembered: remembered)
        try verifier.take(proof)
        return try verifier.finish()
    }

    private func fault(
        of proof: [UInt8], key: NoteVerifierKey? = nil, remembered: [String] = []
    ) -> String? {
        do {
            _ = try verify(proof, key: key, remembered: remembered)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func theEventsThatMadeVersionsAreProved() async throws {
        let world = try await world()
        let proof = try await proof(in: world)
        let report = try verify(proof, key: try world.journal.verifierKey())
        #expect(report.file == "01928a7e-5c00-7000-8000-000000000067")
        #expect(report.eventCount == 3)
        #expect(report.head.size == 8)
        #expect(report.newest == Self.versions[5])
        // It is one JSON document, too.
        let json = try JSONSerialization.jsonObject(with: Data(proof)) as? [String: Any]
        let events = json?["events"] as? [[String: Any]]
        #expect(events?.compactMap { $0["sequence"] as? Int } == [2, 5, 7])
        #expect(events?.last?["version"] is NSNull)
        #expect(
            try python([proof])[0].hasPrefix("OK document proof: file 01928a7e-5c00-7000-8000-000000000067, version 2 ")
        )
    }

    @Test func aDocumentWithoutEventsHasAnEmptyProof() async throws {
        let world = try await world()
        let proof = try await proof(of: 77, in: world)
        #expect(try verify(proof).eventCount == 0)
        #expect(try python([proof])[0].hasPrefix("OK"))
    }

    @Test func howTheBytesArriveMakesNoDifference() async throws {
        let proof = try await proof(in: try await world())
        for size in [1, 7, 100_000] {
            var verifier = DocumentProofVerifier()
            for start in stride(from: 0, to: proof.count, by: size) {
                try verifier.take(Array(proof[start..<min(start + size, proof.count)]))
            }
            #expect(try verifier.finish().eventCount == 3)
        }
    }

    @Test func keysAndKeptCheckpointsAreComparedWith() async throws {
        let world = try await world()
        let proof = try await proof(in: world)
        let key = try world.journal.verifierKey()
        let note = try await world.sequencer.makeCheckpoint().note
        #expect(try verify(proof, key: key, remembered: [note]).comparedCheckpoints == 1)
        let other = try NoteVerifierKey(name: key.name, publicKey: key.publicKey.reversed())
        #expect(fault(of: proof, key: other) == "line 1: key")
        let forked = try await JournalWorld()
        try await forked.append(8)
        let foreign = try await forked.sequencer.makeCheckpoint().note
        #expect(fault(of: proof, remembered: [foreign]) == "line 1: contradiction")
        #expect(try python([proof], remembered: [foreign]) == ["REFUSED line 1: contradiction"])
    }

    /// Both verifiers on the same tampered proofs: same verdict, same line, same word.
    @Test func everyTamperingIsRefusedByBothVerifiers() async throws {
        let world = try await world()
        let good = try await proof(in: world)
        let lines = good.split(separator: 10).map { Array($0) + [10] }
        var cases: [[UInt8]] = [
            Array(good.dropLast()) + [32, 10], good + [10], good + good, [], [10], Array(good.dropFirst()),
            Array(good.dropLast(3)), lines.dropLast().flatMap { $0 },
        ]
        for place in lines.indices {
            var changed = lines
            changed.remove(at: place)
            cases.append(changed.flatMap { $0 })
            changed = lines
            changed.insert(lines[place], at: place)
            cases.append(changed.flatMap { $0 })
            if place > 0 {
                changed = lines
                changed.swapAt(place, place - 1)
                cases.append(changed.flatMap { $0 })
            }
        }
        for (number, place) in stride(from: 0, to: good.count - 1, by: 5).enumerated() {
            var changed = good
            changed[place] ^= [1, 2, 0x80, 0x10][number % 4]
            cases.append(changed)
        }
        // Another document's proof under this one's name, another signer, another file's event.
        let other = try await proof(of: 1, in: world).split(separator: 10).map { Array($0) + [10] }
        let stranger = Journal(
            signingKey: try .forTests(seed: .init(repeating: 3, count: 32)), origin: world.journal.origin)
        let foreign = try await proof(in: world, by: stranger).split(separator: 10).map { Array($0) + [10] }
        cases += [
            (lines[..<1] + other[1...]).flatMap { $0 }, (lines.dropLast() + other.suffix(1)).flatMap { $0 },
            foreign.flatMap { $0 }, (lines.dropLast() + foreign.suffix(1)).flatMap { $0 },
        ]
        let verdicts = try python(cases)
        #expect(verdicts.count == cases.count)
        var reasons: Set<String> = []
        for (number, (content, verdict)) in zip(cases, verdicts).enumerated() {
            let own = fault(of: content).map { "REFUSED \($0)" } ?? "OK"
            #expect(verdict.hasPrefix(own), "case \(number): \(own) / \(verdict)")
            #expect(own != "OK" || content == good, "case \(number)")
            if own != "OK" { reasons.insert(String(own.split(separator: " ").last ?? "")) }
        }
        #expect(
            reasons.isSuperset(of: [
                "malformed", "checkpoint", "subject", "order", "inclusion", "signature", "digest", "trailing",
                "unfinished",
            ]), "\(reasons)")
    }

    private func python(_ proofs: [[UInt8]], remembered: [String] = []) throws -> [String] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "proofs-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var arguments = ["python3", "scripts/verify_journal.py"]
        for (number, note) in remembered.enumerated() {
            let file = directory.appending(path: "checkpoint-\(number)")
            try Data(note.utf8).write(to: file)
            arguments += ["--checkpoint", file.path]
        }
        for (number, proof) in proofs.enumerated() {
            let file = directory.appending(path: "\(number).json")
            try Data(proof).write(to: file)
            arguments.append(file.path)
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }
}
