import Crypto
import Database
import Foundation
import Journal
import Testing
import VaultTesting

/// The two verifiers, which have no code in common, give the same verdict on every export: good ones, broken ones, and
/// those that somebody tampered with.
@Suite struct AgreementTests {
    /// A journal, its checkpoints and its exports.
    private struct Material {
        var exports: [[UInt8]] = []
        var key: String
        var checkpoints: [String] = []
    }

    /// Mutants for one run; `CLOUDSPACE_TEST_MUTANTS` asks for more.
    private static let mutantCount =
        ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_MUTANTS"].flatMap { Int($0) } ?? 3_000

    /// A journal of up to 600 events with a few checkpoints, exported whole and in selections.
    private static func material(_ random: inout SeededGenerator) async throws -> Material {
        let world = try await JournalWorld()
        var material = Material(key: try world.journal.verifierKey().text)
        var size = 0
        // Small ones more often: in them every line counts.
        let steps = [0, 1, 2, 3, 5, 8, 13, 40, 255, 256, 257, 300]
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let step = min(steps.randomElement(using: &random) ?? 1, 600 - size)
            try await world.append(step, from: size)
            size += step
            material.checkpoints.append(try await world.sequencer.makeCheckpoint().note)
        }
        let latest = try await world.sequencer.makeCheckpoint()
        var filters: [JournalQuery?] = [nil, JournalQuery()]
        filters.append(
            [
                JournalQuery(actorID: UInt128.random(in: 0...10, using: &random)), JournalQuery(action: "lock"),
                JournalQuery(targetKind: "file"), JournalQuery(action: "é\u{1}\"\\"), JournalQuery(spaceID: 0xabcd),
                JournalQuery(from: Timestamp(milliseconds: 0), to: Timestamp(milliseconds: .max)),
            ].randomElement(using: &random) ?? nil)
        for filter in filters { material.exports.append(try await world.export(latest, filter: filter)) }
        return material
    }

    private static func own(_ question: SecondVerifier.Question) -> String {
        do {
            var verifier = ExportVerifier(
                key: try question.key.map { try NoteVerifierKey(parsing: $0) }, remembered: question.remembered)
            try verifier.take(question.export)
            let report = try verifier.finish()
            return "OK \(report.form.rawValue) export: \(report.eventCount) events of \(report.head.size) in "
                + "\(report.origin), root \(Base64.encode(report.head.rootHash)), "
                + "\(report.comparedCheckpoints) checkpoints compared, key \(report.publicKey)"
        } catch {
            return "REFUSED \(error)"
        }
    }

    /// As the driver escapes what is not ASCII.
    private static func escaped(_ words: String) -> String {
        words.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x5c: "\\\\"
            case 0x09: "\\t"
            case 0x0d: "\\r"
            case 0x20..<0x7f: String(scalar)
            case ..<0x100: "\\x" + hex(scalar.value, 2)
            case ..<0x10000: "\\u" + hex(scalar.value, 4)
            default: "\\U" + hex(scalar.value, 8)
            }
        }.joined()
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    @Test func bothVerifiersGiveTheSameVerdictOnThousandsOfExports() async throws {
        let seed = TestSeed.fromEnvironment ?? UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var materials: [Material] = []
        for _ in 0..<12 { materials.append(try await Self.material(&random)) }
        let exports = materials.flatMap(\.exports)
        let strangers = materials.map(\.checkpoints).compactMap(\.first)
        var mutations = ExportMutations(seed: random.next())

        var questions: [SecondVerifier.Question] = []
        var deeds: [String] = []
        for material in materials {
            for export in material.exports {
                questions.append(.init(export: export, key: material.key, remembered: material.checkpoints))
                deeds.append("none")
            }
        }
        let goodCount = questions.count
        while questions.count < Self.mutantCount + goodCount {
            guard let material = materials.randomElement(using: &random),
                let export = material.exports.randomElement(using: &random)
            else { break }
            // Large ones are worth their time less often.
            if export.count > 20_000, Int.random(in: 0..<20, using: &random) > 0 { continue }
            let mutant = mutations.mutant(of: export, others: exports)
            var question = SecondVerifier.Question(export: mutant.export)
            var deed = mutant.deed
            switch Int.random(in: 0..<5, using: &random) {
            case 0: question.key = material.key
            case 1: question.remembered = material.checkpoints
            case 2:
                question.remembered = material.checkpoints + strangers.shuffled(using: &random).prefix(1)
                deed += ", a checkpoint of perhaps another journal"
            case 3:
                question.key = materials.randomElement(using: &random)?.key
                deed += ", perhaps another key"
            default: break
            }
            questions.append(question)
            deeds.append(deed)
        }

        let verdicts = try SecondVerifier.verdicts(questions)
        var refused = 0
        for (number, (question, verdict)) in zip(questions, verdicts).enumerated() {
            let own = Self.escaped(Self.own(question))
            #expect(own == verdict, "seed \(seed), case \(number): \(deeds[number])")
            if number < goodCount { #expect(own.hasPrefix("OK "), "seed \(seed), case \(number)") }
            if own.hasPrefix("REFUSED") { refused += 1 }
        }
        // A run in which tampering goes by unseen shows nothing.
        #expect(refused > Self.mutantCount * 9 / 10, "seed \(seed)")
    }

    /// Names that are equal for a person and not the same bytes: signed by whoever wants to confuse.
    @Test(arguments: [
        ("caf\u{e9}", "cafe\u{301}"), ("\u{212a}ey", "Key"), ("a\u{37e}b", "a;b"), ("\u{ac00}", "\u{1100}\u{1161}"),
    ])
    func namesThatOnlyLookTheSameAreNotTheSame(_ name: String, _ lookalike: String) async throws {
        let world = try await JournalWorld()
        try await world.append(3)
        let head = try await world.database.read { try world.journal.treeHead(in: $0) }
        let seed = [UInt8](repeating: 9, count: 32)
        let key = try Ed25519SigningKey.forTests(seed: seed)
        let journal = Journal(signingKey: key, origin: name)
        let checkpoint = try Checkpoint(signing: head, origin: name, key: key)
        let export = try await world.export(checkpoint, by: journal)
        let text = String(decoding: export, as: UTF8.self)
        var questions = [SecondVerifier.Question(export: export, key: try journal.verifierKey().text)]
        questions.append(
            .init(export: export, key: try NoteVerifierKey(name: lookalike, publicKey: key.publicKey).text))
        // One after the other, each place where the name stands says the other one.
        let (old, new) = (Array(name.utf8), Array(lookalike.utf8))
        let bytes = Array(text.utf8)
        for place in ExportMutations.places(of: old, in: bytes) {
            questions.append(.init(export: Array(bytes[..<place] + new + bytes[(place + old.count)...])))
        }
        questions.append(
            .init(export: export, remembered: [try Checkpoint(signing: head, origin: lookalike, key: key).note]))
        let verdicts = try SecondVerifier.verdicts(questions)
        for (number, (question, verdict)) in zip(questions, verdicts).enumerated() {
            #expect(Self.escaped(Self.own(question)) == verdict, "case \(number)")
            #expect(verdict.hasPrefix("OK ") == (number == 0), "case \(number): \(verdict)")
        }
    }
}
