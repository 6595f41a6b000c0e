import Crypto
import Database
import Journal
import Testing
import VaultTesting

@Suite struct WitnessTests {
    /// A journal with a checkpoint after each of these sizes.
    private func world(_ sizes: [Int]) async throws -> (JournalWorld, [String]) {
        let world = try await JournalWorld()
        var notes: [String] = []
        var size = 0
        for next in sizes {
            try await world.append(next - size, from: size)
            size = next
            notes.append(try await world.sequencer.makeCheckpoint().note)
        }
        return (world, notes)
    }

    @Test func aJournalThatOnlyGrewAgreesWithEverythingRemembered() async throws {
        let (world, notes) = try await world([0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 700])
        let report = try await world.journal.compare(world.database, withRemembered: notes.shuffled() + notes)
        #expect(report.isConsistent && report.compared == 22 && report.treeSize == 700 && report.latestGood == 700)
        let nothing = try await world.journal.compare(world.database, withRemembered: [])
        #expect(nothing.isConsistent && nothing.compared == 0 && nothing.latestGood == nil)
    }

    @Test func aCutJournalIsNoticed() async throws {
        let (world, notes) = try await world([5, 9])
        try await world.tamper(
            "DELETE FROM journal_leaves WHERE leaf_index >= 7", "DELETE FROM journal_events WHERE sequence > 7",
            "DELETE FROM journal_checkpoints WHERE tree_size > 7")
        let report = try await world.journal.compare(world.database, withRemembered: notes)
        #expect(report.findings == [.truncated(checkpointSize: 9, leaves: 7)])
        #expect(report.latestGood == 5)
    }

    /// An older copy of the database that went on differently: longer than what is remembered, and still not its continuation.
    @Test(arguments: [9, 300, 512, 600])
    func aJournalThatWentOnFromAnOlderCopyIsNoticed(_ size: Int) async throws {
        let (first, notes) = try await world([5, size])
        let second = try await JournalWorld()
        try await second.append(5)
        try await second.append(size + 100, from: 1_000)
        try await second.sequencer.catchUp()
        let report = try await second.journal.compare(second.database, withRemembered: notes)
        #expect(report.findings == [.contradicted(checkpointSize: Int64(size))])
        #expect(report.latestGood == 5)
        _ = first
    }

    @Test func aJournalThatWasRewrittenAsAWholeIsNoticed() async throws {
        let (_, notes) = try await world([1, 5, 300])
        let other = try await JournalWorld()
        try await other.append(400, from: 7)
        _ = try await other.sequencer.makeCheckpoint()
        // It is sound in itself: only what is remembered elsewhere tells.
        #expect(try await other.journal.verifyAll(other.database).isSound)
        let report = try await other.journal.compare(other.database, withRemembered: notes)
        #expect(report.findings == [1, 5, 300].map { .contradicted(checkpointSize: $0) })
    }

    @Test func whatIsNotSignedByTheJournalIsNoticed() async throws {
        let (world, notes) = try await world([5, 9])
        let stranger = try Checkpoint(
            signing: try await world.database.read { try world.journal.treeHead(in: $0) }, origin: world.journal.origin,
            key: .forTests(seed: .init(repeating: 3, count: 32)))
        let odd = [stranger.note, "", "nonsense\n", notes[1].replacing("\n9\n", with: "\n8\n")]
        let report = try await world.journal.compare(world.database, withRemembered: [notes[0]] + odd + [notes[1]])
        #expect(report.findings == (1...4).map { .notOurs(index: $0) })
        #expect(report.latestGood == 9)
    }

    @Test func onlySoManyFindingsAreKeptAndAllAreCounted() async throws {
        let (world, _) = try await world([3])
        let report = try await world.journal.compare(
            world.database, withRemembered: [String](repeating: "nonsense", count: 5_000))
        #expect(report.findingCount == 5_000 && report.findings.count == WitnessReport.largestFindings)
    }

    @Test func aTreeThatCannotBeReadIsNoticed() async throws {
        let (world, notes) = try await world([300, 600])
        try await world.tamper("DELETE FROM journal_leaves WHERE leaf_index = 520")
        let report = try await world.journal.compare(world.database, withRemembered: notes)
        #expect(!report.isConsistent)
    }

    @Test func aFileOfNotesIsReadWhateverStandsBetweenThem() async throws {
        let (_, notes) = try await world([1, 2, 3])
        #expect(WitnessFile.notes(in: notes.joined()) == notes)
        #expect(WitnessFile.notes(in: "\n\n" + notes.joined(separator: "\n\n") + "\n") == notes)
        #expect(WitnessFile.notes(in: "").isEmpty)
    }

    @Test func whatACrashLeftOfANoteIsNotPartOfTheWhole() async throws {
        let (_, notes) = try await world([1, 2])
        let whole = Array(notes[0].utf8)
        let next = Array(notes[1].utf8)
        for count in 0..<next.count {
            #expect(WitnessFile.wholeByteCount(whole + next[..<count]) == whole.count)
        }
        #expect(WitnessFile.wholeByteCount(whole + next) == whole.count + next.count)
        #expect(WitnessFile.wholeByteCount(Array("nonsense\nwithout a signature\n".utf8)) == 0)
    }
}
