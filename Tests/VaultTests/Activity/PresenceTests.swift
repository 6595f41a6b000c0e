import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct PresenceTests {
    private func isOnline(_ person: Principal, _ world: World) async throws -> Bool {
        try await world.database.read { snapshot in
            try world.core.presence.isOnline(person.account, in: snapshot)
        }
    }

    private func events(_ world: World) async throws -> [String] {
        try await world.database.read { snapshot in
            try world.journal.events(JournalQuery(action: "presence_expired"), in: snapshot).map {
                String(decoding: $0.event.details ?? [], as: UTF8.self)
            }
        }
    }

    @Test func signingInMakesOnlineAndSigningOutOfflineAtOnce() async throws {
        let world = try await World()
        let alex = try await world.person()
        #expect(try await isOnline(alex, world))
        try await world.vault.sessions.logOut(alex)
        #expect(try await !isOnline(alex, world))
        // What was noted of requests before that is too old to matter.
        try await world.core.presence.flush()
        #expect(try await !isOnline(alex, world))
        _ = try await world.vault.sessions.open(alex.account, from: .local)
        #expect(try await isOnline(alex, world))
        await world.close()
    }

    @Test func fiveMinutesWithoutASignEndItAndAreJournalledOnce() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        try await world.core.presence.flush()
        #expect(try await world.core.presence.expire() == 0)
        #expect(try await events(world) == [])
        world.clock.advance(milliseconds: Presence.timeout)
        // Also before the job comes.
        #expect(try await !isOnline(alex, world))
        #expect(try await world.core.presence.expire() == 2)
        #expect(try await world.core.presence.expire() == 0)
        #expect(try await events(world) == [#"{"count":2}"#])
        #expect(try await !isOnline(sarah, world))
        await world.close()
    }

    @Test func requestsKeepOnlineAndAreWrittenOnceAMinute() async throws {
        let world = try await World()
        let alex = try await world.person()
        let session = try await world.vault.sessions.open(alex.account, from: .local)
        func request() async throws {
            _ = try await world.vault.sessions.authenticate(session.token, from: .local)
        }
        try await request()
        try await world.core.presence.flush()
        let commits = world.database.commitCount
        for _ in 0..<20 {
            world.clock.advance(seconds: 2)
            try await request()
            try await world.core.presence.flush()
        }
        // None of them waited for a write, none was written.
        #expect(world.database.commitCount == commits)
        for _ in 0..<6 {
            world.clock.advance(seconds: 61)
            try await request()
            let before = world.database.commitCount
            try await world.core.presence.flush()
            #expect(world.database.commitCount == before + 1)
        }
        #expect(try await isOnline(alex, world))
        #expect(try await world.core.presence.expire() == 0)
        await world.close()
    }

    @Test func somebodySignedInTwiceIsOnlineAgainAtTheNextRequestThere() async throws {
        let world = try await World()
        let alex = try await world.person()
        let other = try await world.vault.sessions.open(alex.account, from: .local)
        try await world.vault.sessions.logOut(alex)
        #expect(try await !isOnline(alex, world))
        world.clock.advance(seconds: 2)
        _ = try await world.vault.sessions.authenticate(other.token, from: .local)
        try await world.core.presence.flush()
        #expect(try await isOnline(alex, world))
        await world.close()
    }

    @Test func whatCouldNotBeWrittenIsWrittenLater() async throws {
        let world = try await World()
        let alex = try await world.person()
        world.clock.advance(seconds: 301)
        let session = try await world.vault.sessions.open(alex.account, from: .local)
        world.clock.advance(seconds: 301)
        _ = try await world.vault.sessions.authenticate(session.token, from: .local)
        world.faults.fail()
        await #expect(throws: (any Error).self) { try await world.core.presence.flush() }
        world.faults.heal()
        #expect(try await !isOnline(alex, world))
        try await world.core.presence.flush()
        #expect(try await isOnline(alex, world))
        await world.close()
    }

    @Test func oneNodeEndsWhatAnotherHasSeen() async throws {
        let one = try await World()
        let alex = try await one.person()
        let two = try await one.another()
        #expect(try await isOnline(alex, two))
        one.clock.advance(seconds: 400)
        #expect(try await two.core.presence.expire() == 1)
        #expect(try await !isOnline(alex, one))
        await two.close()
        await one.close()
    }

    @Test func theJobDoesNothingForAnotherOnceItsLeaseIsLost() async throws {
        let world = try await World()
        _ = try await world.person()
        world.clock.advance(seconds: 400)
        await #expect(throws: LeaseLost.self) {
            try await world.core.presence.expire(under: Lease(name: .presence, term: 7))
        }
        #expect(try await events(world) == [])
        await world.close()
    }
}
