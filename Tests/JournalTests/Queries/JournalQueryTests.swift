import Database
import Testing
import VaultTesting

@testable import Journal

@Suite struct JournalQueryTests {
    @Test func rowsComeBackAsTheyWereRecorded() async throws {
        let world = try await JournalWorld()
        try await world.append(40)
        try await world.sequencer.catchUp()
        try await world.append(2, from: 40)
        let rows = try await world.events(JournalQuery(order: .oldestFirst))
        #expect(rows.map(\.event) == (0..<42).map(JournalEvent.sample))
        #expect(rows.map(\.sequence) == (1...42).map { Int64($0) })
        #expect(rows.map(\.leafIndex) == (0..<40).map { Int64($0) } + [nil, nil])
        #expect(rows.first?.time == Timestamp(milliseconds: 1_729_953_001_000))
        let journal = world.journal
        #expect(try await world.database.read { try journal.event(sequence: 7, in: $0) } == rows[6])
        #expect(try await world.database.read { try journal.event(sequence: 43, in: $0) } == nil)
    }

    @Test func theCursorWalksThroughAllInBothDirections() async throws {
        let world = try await JournalWorld()
        try await world.append(25)
        for order in [JournalQuery.Order.newestFirst, .oldestFirst] {
            var query = JournalQuery(order: order, limit: 10)
            var seen: [Int64] = []
            while case let page = try await world.events(query).map(\.sequence), let last = page.last {
                seen += page
                query.cursor = last
            }
            #expect(seen == (order == .oldestFirst ? Array(1...25) : Array((1...25).reversed())))
        }
        #expect(try await world.events(JournalQuery(cursor: .min)).isEmpty)
        #expect(try await world.events(JournalQuery(order: .oldestFirst, cursor: .max)).isEmpty)
    }

    /// Every combination of filters against a plain scan, over a clock that is set back twice.
    @Test func filtersGiveWhatAPlainScanGives() async throws {
        let world = try await JournalWorld(batchSize: 100)
        try await world.append(300)
        world.clock.advance(seconds: -200)
        try await world.append(400, from: 300)
        try await world.sequencer.catchUp()
        try await world.append(70, from: 700)
        world.clock.advance(seconds: -500)
        try await world.append(5, from: 770)

        let all = try await world.rows()
        let start = Timestamp(milliseconds: 1_729_953_000_000)
        let moments: [Timestamp?] =
            [nil] + [-10, 0, 50, 99, 150, 301, 420, 600, 2000].map { start.advanced(bySeconds: $0) }
        var compared = 0
        for from in moments {
            for to in moments {
                for (actor, action, target) in [
                    (nil, nil, nil), (3, nil, nil), (nil, "file_uploaded", nil), (6, "file_downloaded", nil),
                    (nil, nil, 120), (1, "file_uploaded", 120), (1, "file_uploaded", 121),
                ] as [(UInt128?, String?, Int?)] {
                    let query = JournalQuery(
                        from: from, to: to, actorID: actor, action: action,
                        targetID: target.flatMap { JournalEvent.sample($0).targetID }, order: .oldestFirst, limit: 1000)
                    let expected = all.filter { $0.matches(query) }.map(\.sequence)
                    #expect(try await world.events(query).map(\.sequence) == expected, "\(query)")
                    compared += expected.count
                }
            }
        }
        #expect(compared > 1000)
    }

    @Test func otherFiltersMatchToo() async throws {
        let world = try await JournalWorld()
        try await world.append(30)
        var several = JournalQuery(actorID: 3, limit: 4)
        several.actions = ["file_uploaded", "lock", "folder_created", "lock"]
        for query in [
            JournalQuery(targetKind: "file", limit: 5), JournalQuery(spaceID: 0xabcd, limit: 7),
            JournalQuery(outcome: .refused, limit: 3), JournalQuery(outcome: .failed, limit: 9),
            JournalQuery(outcome: .success, limit: 9), several,
        ] {
            let expected = try await world.rows().filter { $0.matches(query) }.map(\.sequence).suffix(query.limit)
            #expect(try await world.events(query).map(\.sequence) == expected.reversed())
        }
    }

    @Test func theLimitIsBroughtIntoItsBounds() async throws {
        let world = try await JournalWorld()
        try await world.append(3)
        #expect(try await world.events(JournalQuery(limit: 0)).count == 1)
        #expect(try await world.events(JournalQuery(limit: -5)).count == 1)
        #expect(try await world.events(JournalQuery(limit: .max)).count == 3)
    }

    /// No filter may lead to a scan of the whole table or to sorting.
    @Test(.enabled(if: TestEngine.dialect == .sqlite, "PostgreSQL plans by what tables hold"))
    func everyFilterIsServedByAnIndexInOrder() async throws {
        let world = try await JournalWorld()
        let moment = Timestamp(milliseconds: 0)
        let queries = [
            JournalQuery(), JournalQuery(from: moment, to: moment), JournalQuery(actorID: 1), JournalQuery(action: "a"),
            JournalQuery(targetID: 1), JournalQuery(from: moment, actorID: 1, action: "a", targetID: 1, spaceID: 1),
            JournalQuery(action: "a", order: .oldestFirst), JournalQuery(targetID: 1, order: .oldestFirst),
            JournalQuery(outcome: .refused),
        ]
        for query in queries {
            let plan = try await world.database.read { snapshot in
                try snapshot.all("EXPLAIN QUERY PLAN \(query.statement(query.actions.first, first: 1, last: 9))") {
                    $0.text(3)
                }
            }
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
            #expect(query.targetID == nil || plan[0].contains("journal_events_target"), "\(plan)")
        }
    }
}

extension JournalRow {
    fileprivate func matches(_ query: JournalQuery) -> Bool {
        (query.from.map { time >= $0 } ?? true) && (query.to.map { time < $0 } ?? true)
            && (query.actorID == nil || event.actorID == query.actorID)
            && (query.actions.isEmpty || query.actions.contains(event.action))
            && (query.outcome == nil || event.outcome == query.outcome)
            && (query.targetKind == nil || event.targetKind == query.targetKind)
            && (query.targetID == nil || event.targetID == query.targetID)
            && (query.spaceID == nil || event.spaceID == query.spaceID)
    }
}

extension JournalWorld {
    func events(_ query: JournalQuery) async throws -> [JournalRow] {
        let journal = journal
        return try await database.read { try journal.events(query, in: $0) }
    }
}
