import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct LeaseTests {
    private let all = Set(LeaseName.allCases)

    private func held(_ node: World) -> Set<LeaseName> { Set(node.core.leases.held.keys) }

    /// The details of all `lease_taken_over` events, oldest first.
    private func takeovers(_ world: World) async throws -> [String] {
        try await world.database.read { snapshot in
            try snapshot.all(
                """
                SELECT details, actor_kind FROM journal_events WHERE action = 'lease_taken_over' ORDER BY sequence
                """
            ) { row in
                #expect(row.int(1) == ActorKind.system.rawValue)
                return String(decoding: row.bytes(0), as: UTF8.self)
            }
        }
    }

    @Test func oneNodeDoesTheWorkAndTheOtherWaits() async throws {
        let one = try await World()
        let two = try await one.another()
        try await one.core.leases.round()
        try await two.core.leases.round()
        #expect(held(one) == all)
        #expect(held(two) == [])
        #expect(one.core.leases.held[.housekeeping]?.term == 1)
        await two.close()
        await one.close()
    }

    @Test func aHolderThatRenewsKeepsWhatItHas() async throws {
        let one = try await World()
        let two = try await one.another()
        for _ in 0..<20 {
            try await one.core.leases.round()
            try await two.core.leases.round()
            one.clock.advance(seconds: 6)
            #expect(held(one) == all)
        }
        #expect(held(two) == [])
        #expect(one.core.leases.held[.sequencer]?.term == 1)
        #expect(try await takeovers(one) == [])
        await two.close()
        await one.close()
    }

    @Test func whatADeadNodeHeldIsTakenAfterFifteenSecondsAndJournalled() async throws {
        let one = try await World()
        let two = try await one.another()
        try await one.core.leases.round()
        try await two.core.leases.round()
        one.clock.advance(milliseconds: 14_999)
        try await two.core.leases.round()
        #expect(held(two) == [])
        #expect(held(one) == [], "its holder stopped long before")
        one.clock.advance(milliseconds: 1)
        try await two.core.leases.round()
        #expect(held(two) == all)
        #expect(two.core.leases.held[.checkpoints]?.term == 2)
        let events = try await takeovers(two)
        #expect(
            events.first
                == "{\"lease\":\"sequencer\",\"term\":2,\"from\":\"\(one.core.membership.id)\",\"by\":\"\(two.core.membership.id)\"}"
        )
        #expect(events.count == LeaseName.allCases.count)
        await two.close()
        await one.close()
    }

    @Test(arguments: [-7_200, -2, 2, 7_200] as [Int64])
    func clocksThatDifferChangeNothing(_ seconds: Int64) async throws {
        let one = try await World()
        let clock = FixedClock(World.start.advanced(bySeconds: seconds))
        let two = try await one.another(clock: clock)
        for _ in 0..<10 {
            try await one.core.leases.round()
            try await two.core.leases.round()
            one.clock.advance(seconds: 6)
            clock.advance(seconds: 6)
        }
        #expect(held(one) == all)
        #expect(held(two) == [])
        // The first dies; the second, whose renewals may carry an earlier time, is followed by a third.
        for _ in 0..<3 {
            clock.advance(seconds: 6)
            try await two.core.leases.round()
        }
        #expect(held(two) == all)
        let three = try await one.another()
        try await three.core.leases.round()
        for _ in 0..<4 {
            one.clock.advance(seconds: 6)
            clock.advance(seconds: 6)
            try await two.core.leases.round()
            try await three.core.leases.round()
        }
        #expect(held(two) == all)
        #expect(held(three) == [])
        await three.close()
        await two.close()
        await one.close()
    }

    @Test func whatIsGivenBackIsTakenAtOnceAndWithoutAWord() async throws {
        let one = try await World()
        let two = try await one.another()
        try await one.core.leases.round()
        try await one.core.leases.release()
        #expect(held(one) == [])
        try await two.core.leases.round()
        #expect(held(two) == all)
        #expect(two.core.leases.held[.sequencer]?.term == 2)
        #expect(try await takeovers(one) == [])
        await two.close()
        await one.close()
    }

    @Test func aHolderWithoutADatabaseStopsBeforeAnybodyCanTakeOver() async throws {
        let world = try await World()
        try await world.core.leases.round()
        world.faults.fail()
        world.clock.advance(milliseconds: 11_999)
        await #expect(throws: DatabaseError.self) { try await world.core.leases.round() }
        world.core.leases.dropEnded()
        #expect(held(world) == all)
        world.clock.advance(milliseconds: 1)
        #expect(held(world) == [])
        // Back again: a new term, since the work of the old one was stopped.
        world.core.leases.dropEnded()
        world.faults.heal()
        try await world.core.leases.round()
        #expect(world.core.leases.held[.housekeeping]?.term == 2)
        #expect(try await takeovers(world) == [])
        await world.close()
    }

    @Test func ofTwoThatTakeOverTogetherOneGetsIt() async throws {
        let one = try await World()
        var nodes: [World] = []
        for _ in 0..<4 { nodes.append(try await one.another()) }
        try await one.core.leases.round()
        for node in nodes { try await node.core.leases.round() }
        one.clock.advance(seconds: 15)
        await withTaskGroup { group in
            for node in nodes { group.addTask { try? await node.core.leases.round() } }
        }
        for name in LeaseName.allCases {
            #expect(nodes.filter { $0.core.leases.held[name] != nil }.count == 1, "\(name)")
        }
        #expect(try await takeovers(one).count == LeaseName.allCases.count)
        for node in nodes { await node.close() }
        await one.close()
    }

    @Test func aTransactionOfAnEarlierTermChangesNothing() async throws {
        let one = try await World()
        let two = try await one.another()
        try await one.core.leases.round()
        let lease = try #require(one.core.leases.held[.housekeeping])
        try await two.core.leases.round()
        one.clock.advance(seconds: 15)
        try await two.core.leases.round()
        await #expect(throws: LeaseLost(name: .housekeeping)) {
            try await one.vault.housekeeping.run(under: lease)
        }
        let other = try #require(two.core.leases.held[.housekeeping])
        _ = try await two.vault.housekeeping.run(under: other)
        await two.close()
        await one.close()
    }

    @Test func aJobRunsWhereItsLeaseIsAndStopsWhenItGoes() async throws {
        let one = try await World()
        let two = try await one.another()
        let (started, starts) = AsyncStream<Int>.makeStream()
        let (ended, ends) = AsyncStream<Int>.makeStream()
        let jobs = [one, two].enumerated().map { number, node in
            let job = LeasedJob(.checkpoints, of: node.core.leases) { _ in
                starts.yield(number)
                // Until it is cancelled; it never ends otherwise.
                let (forever, _) = AsyncStream<Void>.makeStream()
                for await _ in forever {}
                ends.yield(number)
            }
            return Task { await job.run() }
        }
        var startings = started.makeAsyncIterator()
        var endings = ended.makeAsyncIterator()
        try await one.core.leases.round()
        #expect(await startings.next() == 0)
        try await two.core.leases.round()

        // The database is away from the first node: its own clock ends the job.
        one.faults.fail()
        one.clock.advance(seconds: 12)
        one.core.leases.dropEnded()
        #expect(await endings.next() == 0)
        one.clock.advance(seconds: 3)
        try await two.core.leases.round()
        #expect(await startings.next() == 1)
        for job in jobs { job.cancel() }
        #expect(await endings.next() == 1)
        for job in jobs { await job.value }
        await two.close()
        await one.close()
    }

    @Test func aNodeTellsThatItLivesAndIsForgottenADayAfterItsDeath() async throws {
        let one = try await World()
        one.clock.advance(seconds: 1)
        let two = try await one.another()
        try await one.core.membership.beat(label: "http://10.0.0.1:8080", version: "1")
        one.clock.advance(seconds: 5)
        try await one.core.membership.beat(label: "http://10.0.0.1:8080", version: "1")
        try await two.core.membership.beat(label: "http://10.0.0.2:8080", version: "1")
        let nodes = try await two.core.membership.nodes()
        #expect(nodes.map(\.label) == ["http://10.0.0.1:8080", "http://10.0.0.2:8080"])
        #expect(nodes.first?.seenAt == World.start.advanced(bySeconds: 6))
        try await two.core.membership.leave()
        #expect(try await one.core.membership.nodes().map(\.id) == [one.core.membership.id])
        one.clock.advance(seconds: 24 * 3_600 + 1)
        _ = try await two.vault.housekeeping.run()
        #expect(try await one.core.membership.nodes() == [])
        await two.close()
        await one.close()
    }
}
