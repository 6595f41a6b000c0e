import Database
import Testing
import VaultTesting

@testable import Journal

@Suite struct SequencerTests {
    @Test func theTreeIsThatOfTheEventsInOrder() async throws {
        let world = try await JournalWorld(batchSize: 7)
        try await world.append(50)
        try await world.sequencer.catchUp()
        let rows = try await world.rows()
        #expect(rows.map(\.leafIndex) == (0..<50).map { Int64($0) })
        let tree = NaiveTree(leafHashes: rows.map(\.leafHash))
        let journal = world.journal
        for size in [0, 1, 2, 3, 31, 32, 33, 50] {
            let head = try await world.database.read { try journal.treeHead(size: Int64(size), in: $0) }
            #expect(head == TreeHead(size: Int64(size), rootHash: tree.rootHash(size: size)))
        }
    }

    @Test func aNewSequencerGoesOnWhereAnotherStopped() async throws {
        let world = try await JournalWorld()
        for step in [1, 254, 1, 1, 255, 256, 300] {
            try await world.append(step, from: Int(try await world.treeSize()))
            try await JournalSequencer(world.journal, database: world.database, batchSize: 100).catchUp()
        }
        let rows = try await world.rows()
        let (journal, count) = (world.journal, rows.count)
        #expect(count == 1068)
        #expect(
            try await world.database.read { try journal.treeHead(in: $0) }
                == TreeHead(
                    size: Int64(count), rootHash: NaiveTree(leafHashes: rows.map(\.leafHash)).rootHash(size: count)))
        let nodes = try await world.database.read { try $0.all("SELECT height FROM journal_nodes") { $0.int(0) } }
        #expect(nodes == [8, 8, 8, 8])
    }

    @Test func severalSequencersDoNotDisturbEachOther() async throws {
        let world = try await JournalWorld()
        try await world.append(600)
        let sequencers = (0..<4).map { _ in
            JournalSequencer(world.journal, database: world.database, batchSize: 16)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sequencer in sequencers + sequencers { group.addTask { try await sequencer.catchUp() } }
            try await group.waitForAll()
        }
        let rows = try await world.rows()
        #expect(rows.map(\.leafIndex) == (0..<600).map { Int64($0) })
    }

    @Test func eventsThatBecomeVisibleLateAreSequencedWhenTheyDo() async throws {
        let world = try await JournalWorld(reorderWindow: 100)
        let late: [Int64] = [1, 2, 4, 5, 3, 9, 7, 8, 6]
        for number in late {
            try await world.database.write { transaction in
                try transaction.run(
                    """
                    INSERT INTO journal_events (sequence, time, actor_kind, outcome, action)
                    VALUES (\(number), \(transaction.now), 3, 1, 'late')
                    """)
            }
            if number != 7 { try await world.sequencer.catchUp() }
        }
        try await world.sequencer.catchUp()
        let order = try await world.database.read {
            try $0.all("SELECT sequence FROM journal_leaves ORDER BY leaf_index") { $0.integer(0) }
        }
        #expect(order == [1, 2, 4, 5, 3, 9, 7, 8, 6])
    }

    @Test(.timeLimit(.minutes(1))) func theLoopSequencesWhenWokenAndEndsWhenCancelled() async throws {
        let world = try await JournalWorld()
        let sequencer = JournalSequencer(world.journal, database: world.database, interval: .seconds(3600))
        let loop = Task { await sequencer.run() }
        for round in 1...3 {
            try await world.append(10, from: round * 10)
            sequencer.wake()
            while try await world.treeSize() < Int64(round * 10) { await Task.yield() }
        }
        loop.cancel()
        await loop.value
        #expect(await sequencer.failure == nil)
    }

    @Test(.timeLimit(.minutes(1))) func theLoopSequencesWithoutBeingWoken() async throws {
        let world = try await JournalWorld()
        let sequencer = JournalSequencer(world.journal, database: world.database, interval: .milliseconds(1))
        let loop = Task { await sequencer.run() }
        try await world.append(10)
        while try await world.treeSize() < 10 { await Task.yield() }
        loop.cancel()
        await loop.value
    }

    @Test(.timeLimit(.minutes(1))) func theLoopOutlivesFailures() async throws {
        let world = try await JournalWorld()
        try await world.append(3)
        _ = try await world.database.restructure { try $0.run("ALTER TABLE journal_leaves RENAME TO elsewhere") }
        let sequencer = JournalSequencer(world.journal, database: world.database, interval: .milliseconds(1))
        let loop = Task { await sequencer.run() }
        while await sequencer.failure == nil { await Task.yield() }
        _ = try await world.database.restructure { try $0.run("ALTER TABLE elsewhere RENAME TO journal_leaves") }
        while await sequencer.failure != nil { await Task.yield() }
        loop.cancel()
        await loop.value
        #expect(try await world.treeSize() == 3)
    }
}

extension JournalWorld {
    func rows() async throws -> [JournalRow] {
        try await database.read { snapshot in
            try snapshot.all(
                """
                SELECT \(JournalRow.columns), l.leaf_index
                FROM journal_events e LEFT JOIN journal_leaves l ON l.sequence = e.sequence ORDER BY e.sequence
                """
            ) { try JournalRow($0) }
        }
    }

    func treeSize() async throws -> Int64 {
        try await database.read { try StoredTree.size(in: $0) }
    }
}
