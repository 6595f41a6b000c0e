import Crypto
import Database
import Foundation
import Journal
import Testing
import VaultTesting

@Suite struct ExportTests {
    /// 600 events, a checkpoint after 530, a clock set back in between.
    private func world() async throws -> (JournalWorld, Checkpoint) {
        let world = try await JournalWorld()
        try await world.append(300)
        world.clock.advance(seconds: -100)
        try await world.append(230, from: 300)
        let checkpoint = try await world.sequencer.makeCheckpoint()
        try await world.append(70, from: 530)
        return (world, checkpoint)
    }

    private let filters: [JournalQuery] = [
        JournalQuery(actorID: 3), JournalQuery(action: "file_downloaded"), JournalQuery(targetKind: "file"),
        JournalQuery(targetID: JournalEvent.sample(17).targetID),
        JournalQuery(
            from: Timestamp(milliseconds: 1_729_953_210_000), to: Timestamp(milliseconds: 1_729_953_250_000),
            actorID: 6, action: "file_uploaded", spaceID: 0xabcd),
        JournalQuery(from: Timestamp(milliseconds: 1_729_953_210_000)),
        JournalQuery(actorID: 999), JournalQuery(order: .newestFirst, cursor: 5, limit: 1),
        JournalQuery(outcome: .refused), JournalQuery(outcome: .success), Self.manyActions,
    ]

    private static var manyActions: JournalQuery {
        var query = JournalQuery(actorID: 3, outcome: .failed)
        query.actions = ["file_uploaded", "lock", "folder_created", "lock"]
        return query
    }

    @Test func aFullExportHoldsEveryEventOfTheCheckpointAndVerifies() async throws {
        let (world, checkpoint) = try await world()
        let export = try await world.export(checkpoint)
        let report = try verify(export)
        #expect(report.form == .full)
        #expect(report.eventCount == 530)
        #expect(report.head == checkpoint.head)
        #expect(report.origin == world.journal.origin)
        #expect(export.split(separator: 10).count == 532)
    }

    @Test func selectionsHoldWhatMatchesWithProofs() async throws {
        let (world, checkpoint) = try await world()
        for filter in filters {
            var query = filter
            (query.order, query.cursor, query.limit) = (.oldestFirst, nil, 1000)
            let expected = try await world.events(query).filter { $0.sequence <= 530 }.count
            let report = try verify(try await world.export(checkpoint, filter: filter))
            #expect(report.form == .selection)
            #expect(report.eventCount == Int64(expected), "\(filter)")
        }
    }

    @Test func aSelectionIsNarrowedByWhatOnlyItsMakerKnows() async throws {
        let (world, checkpoint) = try await world()
        let narrowing = ExportNarrowing(actorKind: .user, address: "192.0.2.4", folderID: 77, isSearch: true)
        let export = try await world.export(checkpoint, filter: JournalQuery(targetKind: "file"), narrowing: narrowing)
        {
            row, _ in row.event.address == "192.0.2.4"
        }
        let expected = try await world.events(JournalQuery(targetKind: "file", order: .oldestFirst, limit: 1000))
            .filter { $0.event.address == "192.0.2.4" && $0.sequence <= 530 }
        #expect(!expected.isEmpty)
        #expect(try verify(export).eventCount == Int64(expected.count))
        #expect(try python([export])[0].hasPrefix("OK selection"))
        let header = String(decoding: export.split(separator: 10)[0], as: UTF8.self)
        #expect(
            header.hasSuffix(
                #""filter":{"from":null,"to":null,"actor_id":null,"actor_kind":"user","actions":[],"target_kind":"file","#
                    + #""target_id":null,"space_id":null,"folder_id":"00000000-0000-0000-0000-00000000004d","outcome":null,"#
                    + #""address":"192.0.2.4","search":true}}"#))
    }

    /// Selections of version 1 were written before there were more filters; they stay readable.
    @Test func selectionsOfTheFirstVersionStillVerify() async throws {
        let (world, checkpoint) = try await world()
        let lines = try await world.export(checkpoint, filter: JournalQuery(action: "lock"))
            .split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        let header = lines[0].replacing("\"version\":2", with: "\"version\":1").prefix { $0 != "}" }
        let filter = try #require(header.range(of: "\"filter\":"))
        let first =
            header[..<filter.upperBound]
            + #"{"from":null,"to":5,"actor_id":null,"action":"lock","target_kind":null,"target_id":null,"space_id":null}}"#
        let body = ([String(first)] + lines[1..<(lines.count - 1)]).map { $0 + "\n" }.joined()
        let digest = Base64.encode(SHA256Hash.of(Array(body.utf8)))
        let count = lines.count - 2
        let note = try SignedNote(
            signing: "cloudspace-journal-export/v1\n\(world.journal.origin)\n\(count)\n\(digest)\n",
            name: world.journal.origin, key: try .forTests(seed: Array(0..<32)))
        let quoted = note.note.replacing("\n", with: "\\u000a")
        let export = Array((body + "{\"type\":\"end\",\"events\":\(count),\"note\":\"\(quoted)\"}\n").utf8)
        #expect(try verify(export).eventCount == Int64(count))
        #expect(try python([export])[0].hasPrefix("OK selection"))
        let renamed = Array(
            String(decoding: export, as: UTF8.self).replacing(
                "\"action\":\"lock\",\"target", with: "\"actions\":[],\"target"
            ).utf8)
        #expect(fault(of: renamed) == "line 1: malformed")
        #expect(try python([renamed]) == ["REFUSED line 1: malformed"])
    }

    @Test func anEmptyJournalIsExported() async throws {
        let world = try await JournalWorld()
        let checkpoint = try await world.sequencer.makeCheckpoint()
        for filter in [nil, JournalQuery()] {
            #expect(try verify(try await world.export(checkpoint, filter: filter)).eventCount == 0)
        }
    }

    @Test func anExportOfAnEarlierCheckpointStopsThere() async throws {
        let world = try await JournalWorld()
        try await world.append(10)
        let early = try await world.sequencer.makeCheckpoint()
        try await world.append(300, from: 10)
        _ = try await world.sequencer.makeCheckpoint()
        #expect(try verify(try await world.export(early)).eventCount == 10)
        #expect(try verify(try await world.export(early, filter: JournalQuery())).eventCount == 10)
    }

    @Test func verificationDoesNotDependOnHowTheBytesArrive() async throws {
        let (world, checkpoint) = try await world()
        let export = try await world.export(checkpoint)
        for size in [1, 7, 100_000] {
            var verifier = ExportVerifier()
            for start in stride(from: 0, to: export.count, by: size) {
                try verifier.take(Array(export[start..<min(start + size, export.count)]))
            }
            #expect(try verifier.finish().eventCount == 530)
        }
    }

    @Test func keptCheckpointsAndKeysAreComparedWith() async throws {
        let world = try await JournalWorld()
        try await world.append(10)
        let early = try await world.sequencer.makeCheckpoint()
        try await world.append(20, from: 10)
        let late = try await world.sequencer.makeCheckpoint()
        let full = try await world.export(late)
        let selection = try await world.export(late, filter: JournalQuery())
        let key = try world.journal.verifierKey()
        #expect(try verify(full, key: key, remembered: [early.note, late.note]).comparedCheckpoints == 2)
        #expect(try verify(selection, key: key, remembered: [early.note, late.note]).comparedCheckpoints == 1)

        let other = try NoteVerifierKey(name: key.name, publicKey: key.publicKey.reversed())
        #expect(throws: ExportFault.self) { try verify(full, key: other) }

        // The same journal set back to before its checkpoint, and gone on differently.
        let forked = try await JournalWorld()
        try await forked.append(30, from: 1)
        let forkedExport = try await forked.export(try await forked.sequencer.makeCheckpoint())
        #expect(try verify(forkedExport, key: key).eventCount == 30)
        #expect(fault(of: forkedExport, remembered: [early.note]) == "line 11: contradiction")
        #expect(fault(of: forkedExport, remembered: [late.note]) == "line 1: contradiction")
    }

    @Test func aTamperedStoreIsNotExportedAsGood() async throws {
        let (world, checkpoint) = try await world()
        try await world.tamper("UPDATE journal_events SET action = 'nothing' WHERE sequence = 100")
        #expect(fault(of: try await world.export(checkpoint)) == "line 532: root")
        #expect(fault(of: try await world.export(checkpoint, filter: JournalQuery())) == "line 101: inclusion")
        try await world.tamper("DELETE FROM journal_events WHERE sequence = 200")
        await #expect(throws: JournalError.damagedEvent(sequence: 200)) { try await world.export(checkpoint) }
    }

    /// Both verifiers on the same good and bad exports: same verdict, same line, same reason.
    @Test func thePythonVerifierAgreesOnEveryTampering() async throws {
        let (world, checkpoint) = try await world()
        var exports = [try await world.export(checkpoint)]
        for filter in filters { exports.append(try await world.export(checkpoint, filter: filter)) }
        var cases = exports
        cases += tamperings(of: try await smallExport(filter: nil))
        cases += tamperings(of: try await smallExport(filter: JournalQuery()))
        cases += try await resigned()

        let verdicts = try python(cases)
        #expect(verdicts.count == cases.count)
        for (number, (content, verdict)) in zip(cases, verdicts).enumerated() {
            let own = fault(of: content).map { "REFUSED \($0)" } ?? "OK"
            #expect(verdict.hasPrefix(own), "case \(number): \(own) / \(verdict)")
            #expect((own == "OK") == (number < exports.count), "case \(number): \(own)")
        }
        let reasons = Set(
            verdicts.compactMap { $0.hasPrefix("REFUSED") ? $0.split(separator: " ").last.map(String.init) : nil })
        let wanted = Set(ExportFault.Reason.allCases.map(\.rawValue)).subtracting(["contradiction", "subject"])
        #expect(reasons == wanted)
    }

    @Test func thePythonVerifierComparesKeysAndCheckpoints() async throws {
        let world = try await JournalWorld()
        try await world.append(10)
        let early = try await world.sequencer.makeCheckpoint()
        try await world.append(20, from: 10)
        let full = try await world.export(try await world.sequencer.makeCheckpoint())
        let forked = try await JournalWorld()
        try await forked.append(30, from: 1)
        let forkedExport = try await forked.export(try await forked.sequencer.makeCheckpoint())
        let key = try world.journal.verifierKey()

        let verdicts = try python([full, forkedExport], key: key.text, remembered: [early.note])
        #expect(verdicts[0].contains("1 checkpoints compared"))
        #expect(verdicts[1] == "REFUSED line 11: contradiction")
        let other = try NoteVerifierKey(name: key.name, publicKey: key.publicKey.reversed())
        #expect(try python([full], key: other.text) == ["REFUSED line 1: key"])
    }
}

extension ExportTests {
    private func smallExport(filter: JournalQuery?) async throws -> [UInt8] {
        let world = try await JournalWorld()
        try await world.append(13)
        return try await world.export(try await world.sequencer.makeCheckpoint(), filter: filter)
    }

    /// Every line removed, doubled and swapped; many bytes changed; cut at and around every line; spellings that JSON
    /// allows and the format does not.
    private func tamperings(of export: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        let lines = export.split(separator: 10).map { Array($0) + [10] }
        for place in lines.indices {
            var changed = lines
            changed.remove(at: place)
            result.append(changed.flatMap { $0 })
            changed = lines
            changed.insert(lines[place], at: place)
            result.append(changed.flatMap { $0 })
            if place > 0 {
                changed = lines
                changed.swapAt(place, place - 1)
                result.append(changed.flatMap { $0 })
                result.append(lines[..<place].flatMap { $0 })
                result.append(lines[..<place].flatMap { $0 } + [UInt8(ascii: "{")])
            }
        }
        let bytes: [UInt8] = [UInt8(ascii: "0"), UInt8(ascii: "\""), 0xff, 0x0a, UInt8(ascii: "A")]
        for (number, place) in stride(from: 0, to: export.count - 1, by: export.count / 150).enumerated() {
            let byte = bytes[number % bytes.count]
            var changed = export
            changed[place] = export[place] == byte ? byte ^ 1 : byte
            result.append(changed)
        }
        let text = String(decoding: export, as: UTF8.self)
        for (old, new) in [
            ("\"sequence\":5,", "\"sequence\": 5,"), ("\"sequence\":5,", "\"sequence\":05,"),
            ("\"sequence\":5,", "\"sequence\":-5,"), ("\"sequence\":5,", "\"sequence\":5.0,"),
            ("\"sequence\":5,", "\"sequence\":99999999999999999999,"), ("\"leaf_index\":0,", "\"leaf_index\":-0,"),
            ("\"action\":\"lock\"", "\"action\":\"loc\\u006b\""), ("\"action\":\"lock\"", "\"action\":\"lock\\u0000\""),
            ("\"action\":\"lock\"", "\"action\":null"), ("\"action\":\"lock\"", "\"action\":\"loc\\/k\""),
            ("\"actor_kind\":\"user\"", "\"actor_kind\":\"root\""),
            ("\"outcome\":\"success\"", "\"outcome\":\"failed\""),
            ("\"address\":null", "\"address\":\"\""), ("\"details\":null", "\"details\":\"\""),
            ("\"version\":1", "\"version\":2"), ("\"version\":2", "\"version\":1"),
            ("\"version\":2", "\"version\":3"), ("\"actions\":[]", "\"actions\":null"),
            ("\"actions\":[]", "\"actions\":[null]"), ("\"actions\":[]", "\"actions\":[\"a\",]"),
            ("\"search\":false", "\"search\":null"), ("\"search\":false", "\"search\":true"),
            ("\"outcome\":null", "\"outcome\":\"good\""), ("\"actor_kind\":null", "\"actor_kind\":\"root\""),
            ("-000000000007\"", "-000000000008\""),
            ("000a", "abcd-ABCD"), ("\"events\":13", "\"events\":12"), ("\\u001f", "\\u0020"),
        ] where text.contains(old) {
            guard let place = text.range(of: old) else { continue }
            result.append(Array(text.replacingCharacters(in: place, with: new).utf8))
        }
        return result + [
            export + [10], export + export, [], [10], Array(export.dropFirst()), [0xef, 0xbb, 0xbf] + export,
            [UInt8](repeating: 32, count: ExportVerifier.longestLine + 5),
        ]
    }

    /// Lines of another signer or another selection, properly signed as such but not belonging together.
    private func resigned() async throws -> [[UInt8]] {
        let world = try await JournalWorld()
        try await world.append(13)
        let checkpoint = try await world.sequencer.makeCheckpoint()
        let all = try await world.export(checkpoint, filter: JournalQuery()).split(separator: 10).map {
            Array($0) + [10]
        }
        let some = try await world.export(checkpoint, filter: JournalQuery(targetKind: "file"))
            .split(separator: 10).map { Array($0) + [10] }
        let stranger = Journal(
            signingKey: try .forTests(seed: .init(repeating: 3, count: 32)), origin: world.journal.origin)
        let foreign = try await world.export(checkpoint, by: stranger).split(separator: 10).map { Array($0) + [10] }
        let full = try await world.export(checkpoint).split(separator: 10).map { Array($0) + [10] }
        let sameCount = try await world.export(checkpoint, filter: JournalQuery(from: Timestamp(milliseconds: 0)))
            .split(separator: 10).map { Array($0) + [10] }
        return [
            (some[..<1] + all[1...]).flatMap { $0 },  // another filter's header
            (all.dropLast() + some.suffix(1)).flatMap { $0 },  // another count's end
            (all.dropLast() + sameCount.suffix(1)).flatMap { $0 },  // the signed end of other lines
            (full[..<1] + all[1...]).flatMap { $0 },
            foreign.flatMap { $0 },  // its checkpoint is not signed by its key
            (full.dropLast() + foreign.suffix(1)).flatMap { $0 },
        ]
    }

    private func verify(
        _ export: [UInt8], key: NoteVerifierKey? = nil, remembered: [String] = []
    ) throws -> ExportReport {
        var verifier = ExportVerifier(key: key, remembered: remembered)
        try verifier.take(export)
        return try verifier.finish()
    }

    private func fault(of export: [UInt8], remembered: [String] = []) -> String? {
        do {
            _ = try verify(export, remembered: remembered)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Has `scripts/verify_journal.py` judge the exports; one line each.
    private func python(_ exports: [[UInt8]], key: String? = nil, remembered: [String] = []) throws -> [String] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var arguments = ["python3", "scripts/verify_journal.py"]
        if let key { arguments += ["--key", key] }
        for (number, note) in remembered.enumerated() {
            let file = directory.appending(path: "checkpoint-\(number)")
            try Data(note.utf8).write(to: file)
            arguments += ["--checkpoint", file.path]
        }
        for (number, export) in exports.enumerated() {
            let file = directory.appending(path: "\(number).ndjson")
            try Data(export).write(to: file)
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
        #expect(process.terminationStatus == (text.contains("REFUSED") ? 1 : 0))
        return text.split(separator: "\n").map(String.init)
    }
}

extension JournalWorld {
    func export(
        _ checkpoint: Checkpoint, filter: JournalQuery? = nil, by journal: Journal? = nil,
        narrowing: ExportNarrowing = ExportNarrowing(), accepts: JournalExport.Acceptance? = nil
    ) async throws -> [UInt8] {
        let export = JournalExport(
            journal ?? self.journal, database: database, checkpoint: checkpoint, filter: filter, narrowing: narrowing,
            accepts: accepts)
        var content: [UInt8] = []
        while let piece = try await export.next() { content += piece }
        return content
    }
}
