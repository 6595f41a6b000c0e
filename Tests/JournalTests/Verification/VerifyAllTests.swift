import Database
import Testing
import VaultTesting

@testable import Journal

@Suite struct VerifyAllTests {
    /// 300 events in the tree, checkpoints at 100, 256 and 300, and 5 events that wait.
    private func world() async throws -> JournalWorld {
        let world = try await JournalWorld()
        try await world.append(100)
        _ = try await world.sequencer.makeCheckpoint()
        try await world.append(156, from: 100)
        _ = try await world.sequencer.makeCheckpoint()
        try await world.append(44, from: 256)
        _ = try await world.sequencer.makeCheckpoint()
        try await world.append(5, from: 300)
        return world
    }

    private func findings(
        _ statements: SQL..., in given: JournalWorld? = nil, against remembered: [String] = []
    ) async throws -> VerificationReport {
        let world = if let given { given } else { try await world() }
        for statement in statements { try await world.tamper(statement) }
        return try await world.journal.verifyAll(world.database, against: remembered)
    }

    @Test func anUntouchedJournalIsSound() async throws {
        let world = try await world()
        let report = try await world.journal.verifyAll(world.database)
        #expect(report.isSound, "\(report.findings)")
        #expect(report.events == 300)
        #expect(report.pending == 5)
        #expect(report.checkpoints == 3)
        let journal = world.journal
        #expect(try await world.database.read { try journal.treeHead(in: $0) } == report.head)
    }

    @Test func anEmptyJournalIsSound() async throws {
        let world = try await JournalWorld()
        #expect(try await world.journal.verifyAll(world.database).isSound)
        _ = try await world.sequencer.makeCheckpoint()
        let report = try await world.journal.verifyAll(world.database)
        #expect(report.isSound)
        #expect(report.checkpoints == 1)
    }

    @Test(
        arguments: [
            "UPDATE journal_events SET time = time + 1 WHERE sequence = 77",
            "UPDATE journal_events SET actor_kind = 3 WHERE sequence = 77",
            "UPDATE journal_events SET actor_kind = 300 WHERE sequence = 77",
            "UPDATE journal_events SET outcome = 3 WHERE sequence = 77",
            "UPDATE journal_events SET actor_id = \([0] as [UInt8]) WHERE sequence = 77",
            "UPDATE journal_events SET action = 'session.opened ' WHERE sequence = 77",
            "UPDATE journal_events SET target_kind = NULL WHERE sequence = 77",
            "UPDATE journal_events SET target_kind = '' WHERE sequence = 77",
            "UPDATE journal_events SET target_id = NULL WHERE sequence = 77",
            "UPDATE journal_events SET space_id = \([UInt8](1...16)) WHERE sequence = 77",
            "UPDATE journal_events SET address = request_id, request_id = address WHERE sequence = 77",
            "UPDATE journal_events SET request_id = 'r-77' WHERE sequence = 77",
            "UPDATE journal_events SET sealed_details = \([] as [UInt8]) WHERE sequence = 77",
            "UPDATE journal_events SET details = target_id, target_id = details WHERE sequence = 77",
        ] as [SQL]) func aChangedFieldIsNoticed(_ change: SQL) async throws
    {
        let report = try await findings(change)
        #expect(report.findings == [.changedEvent(sequence: 77, leafIndex: 76)])
        #expect(report.firstBadSequence == 77)
    }

    @Test func aDeletedEventIsNoticed() async throws {
        let report = try await findings("DELETE FROM journal_events WHERE sequence = 77")
        #expect(report.findings == [.missingEvent(sequence: 77, leafIndex: 76)])
        #expect(report.events == 299)
        #expect(report.firstBadSequence == 77)
    }

    @Test func swappedEventsAreNoticed() async throws {
        let report = try await findings(
            "UPDATE journal_events SET sequence = -1 WHERE sequence = 20",
            "UPDATE journal_events SET sequence = 20 WHERE sequence = 21",
            "UPDATE journal_events SET sequence = 21 WHERE sequence = -1")
        #expect(
            report.findings == [
                .changedEvent(sequence: 20, leafIndex: 19), .changedEvent(sequence: 21, leafIndex: 20),
            ])
        #expect(report.firstBadSequence == 20)
    }

    @Test func insertedEventsAreNoticed() async throws {
        let row: SQL = "1729953000000, 3, 1, 'planted'"
        let before = try await findings(
            "INSERT INTO journal_events (sequence, time, actor_kind, outcome, action) VALUES (-5, \(row))")
        #expect(before.findings == [.insertedEvent(sequence: -5)])
        let inPlace = try await findings(
            "DELETE FROM journal_events WHERE sequence = 9",
            "INSERT INTO journal_events (sequence, time, actor_kind, outcome, action) VALUES (9, \(row))")
        #expect(inPlace.findings == [.changedEvent(sequence: 9, leafIndex: 8)])
        let instead = try await findings(
            "DELETE FROM journal_events WHERE sequence = 9",
            "INSERT INTO journal_events (sequence, time, actor_kind, outcome, action) VALUES (0, \(row))")
        #expect(
            instead.findings == [.missingEvent(sequence: 9, leafIndex: 8), .insertedEvent(sequence: 0)])
        #expect(instead.firstBadSequence == 0)
    }

    @Test func aChangedLeafIsNoticed() async throws {
        let report = try await findings(
            "UPDATE journal_leaves SET hash = \([UInt8](repeating: 0, count: 32)) WHERE leaf_index = 150")
        #expect(report.findings.first == .changedEvent(sequence: 151, leafIndex: 150))
        #expect(report.findings.contains(.changedNode(height: 8, index: 0, firstSequence: 1)))
        #expect(report.findings.contains(.contradictedCheckpoint(size: 256, firstSequence: 101)))
        #expect(report.findings.contains(.contradictedCheckpoint(size: 300, firstSequence: 101)))
        #expect(!report.findings.contains { if case .contradictedCheckpoint(100, _) = $0 { true } else { false } })
    }

    /// The event, its leaf and the stored nodes changed together: only what was signed tells.
    @Test func aConsistentForgeryContradictsTheCheckpoints() async throws {
        let world = try await world()
        try await world.tamper(
            "UPDATE journal_events SET action = 'forged' WHERE sequence = 151", "DELETE FROM journal_leaves",
            "DELETE FROM journal_nodes", "DELETE FROM journal_spans")
        try await world.sequencer.catchUp()
        let report = try await world.journal.verifyAll(world.database)
        #expect(
            report.findings == [
                .contradictedCheckpoint(size: 256, firstSequence: 101),
                .contradictedCheckpoint(size: 300, firstSequence: 101),
            ])
        #expect(report.firstBadSequence == 101)
        await #expect(throws: JournalError.inconsistentTree(checkpointSize: 300)) {
            try await world.sequencer.makeCheckpoint()
        }
    }

    @Test func swappedAndLostLeavesAreNoticed() async throws {
        let swapped = try await findings(
            "UPDATE journal_leaves SET leaf_index = -1 WHERE leaf_index = 270",
            "UPDATE journal_leaves SET leaf_index = 270 WHERE leaf_index = 271",
            "UPDATE journal_leaves SET leaf_index = 271 WHERE leaf_index = -1")
        #expect(swapped.findings.first == .misplacedLeaf(sequence: 271, leafIndex: 271))
        #expect(swapped.findings.contains(.contradictedCheckpoint(size: 300, firstSequence: 257)))
        let lost = try await findings("DELETE FROM journal_leaves WHERE leaf_index = 270")
        #expect(lost.findings.contains(.missingLeaf(leafIndex: 270)))
        let jumping = try await findings(
            "UPDATE journal_leaves SET leaf_index = 9223372036854775806 WHERE leaf_index = 299")
        #expect(jumping.findings.contains(.missingLeaf(leafIndex: 299)))
    }

    @Test func changedAndSurplusNodesAreNoticed() async throws {
        let changed = try await findings("UPDATE journal_nodes SET hash = \([UInt8](repeating: 0, count: 32))")
        #expect(changed.findings == [.changedNode(height: 8, index: 0, firstSequence: 1)])
        let lost = try await findings("DELETE FROM journal_nodes")
        #expect(lost.findings == [.changedNode(height: 8, index: 0, firstSequence: 1)])
        let surplus = try await findings(
            "INSERT INTO journal_nodes VALUES (8, 1, \([UInt8](repeating: 0, count: 32))), (7, 0, \([] as [UInt8])), (16, 0, \([] as [UInt8])), (8, -1, \([] as [UInt8]))"
        )
        #expect(
            surplus.findings == [
                .surplusNode(height: 7, index: 0), .surplusNode(height: 8, index: -1),
                .surplusNode(height: 8, index: 1), .surplusNode(height: 16, index: 0),
            ])
        let spans = try await findings(
            "UPDATE journal_spans SET last_time = 0", "INSERT INTO journal_spans VALUES (1,1,1,1,1)")
        #expect(spans.findings == [.changedSpan(block: 0), .changedSpan(block: 1)])
    }

    @Test func aTruncatedJournalIsNoticed() async throws {
        let report = try await findings(
            "DELETE FROM journal_events WHERE sequence > 260", "DELETE FROM journal_leaves WHERE leaf_index >= 260")
        #expect(report.findings == [.truncated(checkpointSize: 300, leaves: 260)])
        let emptied = try await findings(
            "DELETE FROM journal_events", "DELETE FROM journal_leaves", "DELETE FROM journal_nodes",
            "DELETE FROM journal_spans")
        #expect(
            emptied.findings == [100, 256, 300].map { .truncated(checkpointSize: $0, leaves: 0) })
    }

    /// Events removed together with every checkpoint that spoke of them: only a copy kept elsewhere tells.
    @Test func rememberedCheckpointsShowWhatTheStoreCannot() async throws {
        let world = try await world()
        let journal = world.journal
        let note = try #require(try await world.database.read { try journal.latestCheckpoint(in: $0) }).note
        let untouched = try await findings(in: world, against: [note])
        #expect(untouched.isSound)
        #expect(untouched.checkpoints == 4)
        let removal: [SQL] = [
            "DELETE FROM journal_events WHERE sequence > 200", "DELETE FROM journal_leaves WHERE leaf_index >= 200",
            "DELETE FROM journal_nodes", "DELETE FROM journal_spans",
            "DELETE FROM journal_checkpoints WHERE tree_size > 200",
        ]
        for statement in removal { try await world.tamper(statement) }
        #expect(try await findings(in: world).isSound)
        #expect(
            try await findings(in: world, against: [note]).findings == [.truncated(checkpointSize: 300, leaves: 200)])
        await #expect(throws: JournalError.badSignature) {
            _ = try await world.journal.verifyAll(
                world.database, against: [note.replacing("\n300\n", with: "\n200\n")])
        }
    }

    @Test(
        arguments: [
            "UPDATE journal_checkpoints SET note = replace(note, \("\n256\n"), \("\n255\n")) WHERE tree_size = 256",
            "UPDATE journal_checkpoints SET note = 'nonsense' WHERE tree_size = 256",
            "UPDATE journal_checkpoints SET note = (SELECT note FROM journal_checkpoints WHERE tree_size = 100) WHERE tree_size = 256",
            "UPDATE journal_checkpoints SET root_hash = \([UInt8](repeating: 0, count: 32)) WHERE tree_size = 256",
            "UPDATE journal_checkpoints SET note = substr(note, 1, length(note) - 8) || \("AAAAAA=\n") WHERE tree_size = 256",
        ] as [SQL]) func aForgedCheckpointIsNoticed(_ change: SQL) async throws
    {
        let report = try await findings(change)
        #expect(report.findings == [.badCheckpoint(size: 256)])
        #expect(report.checkpoints == 2)
    }

    @Test func aCheckpointOfAnotherKeyIsNoticed() async throws {
        let world = try await world()
        let other = Journal(
            signingKey: try .forTests(seed: .init(repeating: 9, count: 32)), origin: world.journal.origin)
        let report = try await other.verifyAll(world.database)
        #expect(report.findings == [100, 256, 300].map { .badCheckpoint(size: $0) })
    }

    /// The signed root differs although the signature is good: a journal that was set back and went on differently.
    @Test func aSignedRootOfAnotherHistoryIsNoticed() async throws {
        let world = try await world()
        let forged = try Checkpoint(
            signing: TreeHead(size: 200, rootHash: MerkleVectors.someHash), origin: world.journal.origin,
            key: .forTests(seed: Array(0..<32)))
        let report = try await findings(
            """
            INSERT INTO journal_checkpoints (tree_size, time, root_hash, note)
            VALUES (200, 0, \(forged.head.rootHash), \(forged.note))
            """, in: world)
        #expect(report.findings == [.contradictedCheckpoint(size: 200, firstSequence: 101)])
    }

    @Test func eventsThatCameLateAreSound() async throws {
        let world = try await JournalWorld(reorderWindow: 10)
        for number in [1, 2, 4, 5, 3, 9, 7, 8] {
            try await world.database.write { transaction in
                try transaction.run(
                    """
                    INSERT INTO journal_events (sequence, time, actor_kind, outcome, action)
                    VALUES (\(number), \(transaction.now), 3, 1, 'late')
                    """)
            }
            try await world.sequencer.catchUp()
        }
        try await world.append(0)
        try await world.tamper(
            "INSERT INTO journal_events (sequence, time, actor_kind, outcome, action) VALUES (6, 0, 3, 1, 'late')")
        let report = try await world.journal.verifyAll(world.database)
        #expect(report.isSound)
        #expect(report.pending == 1)
        #expect(report.events == 8)
    }

    /// As after a move from an engine that numbers in parallel to one that numbers in the order of commits.
    @Test func aTreeKeepsItsOrderOnAnEngineThatNumbersInOrder() async throws {
        let world = try await JournalWorld(reorderWindow: 10)
        for number in [1, 2, 4, 5, 3, 9, 7, 8, 6, 11] {
            try await world.database.write { transaction in
                try transaction.run(
                    """
                    INSERT INTO journal_events (sequence, time, actor_kind, outcome, action)
                    VALUES (\(number), \(transaction.now), 3, 1, 'late')
                    """)
            }
            try await world.sequencer.catchUp()
        }
        func verified(displacement: Int64) async throws -> VerificationReport {
            try await Journal(
                signingKey: .forTests(seed: Array(0..<32)), origin: world.journal.origin, reorderWindow: 0,
                displacement: displacement
            ).verifyAll(world.database)
        }
        #expect(try await verified(displacement: 10).isSound)
        #expect(try await verified(displacement: 0).findings.first == .misplacedLeaf(sequence: 3, leafIndex: 4))
        try await world.tamper(
            "INSERT INTO journal_events (sequence, time, actor_kind, outcome, action) VALUES (10, 0, 3, 1, 'late')")
        #expect(try await verified(displacement: 10).findings == [.insertedEvent(sequence: 10)])
    }

    @Test func manyFindingsAreCountedAndFewKept() async throws {
        let report = try await findings("UPDATE journal_events SET action = 'x'")
        #expect(report.findingCount == 300)
        #expect(report.findings.count == VerificationReport.largestFindings)
        #expect(report.firstBadSequence == 1)
    }
}
