import Synchronization
import Testing
import VaultTesting

@testable import Database

/// Servers that cannot be used, or go away. Each test has a server of its own.
@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct ServerAwayTests {
    @Test func whyAServerCannotBeUsedIsSaidInOneLineThatTellsWhatToDo() async throws {
        try await withServer { server in
            let good = server.url()
            let port = good.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
            #expect(await words(server.url(database: "missing")).contains("has no database missing; create it"))
            #expect(await words("postgresql://cloudspace@127.0.0.1:1/postgres").contains("nothing answers at"))
            #expect(
                await words("postgresql://cloudspace@no-such-host.invalid/postgres").contains(
                    "no-such-host.invalid is not known"))
            #expect(
                await words("postgresql://stranger@127.0.0.1:\(port)/postgres").contains(
                    "does not let user stranger in"))
            #expect(
                await words("postgresql:///postgres?host=/nowhere&user=cloudspace").contains("/nowhere/.s.PGSQL.5432"))
            #expect(await words(good + "?sslmode=require").contains("no safe connection"))
            #expect(await words(good + "?color=green").contains("not known to libpq"))

            try await PostgreSQLDatabase.command(
                "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'", at: good)
            #expect(await words(server.url(database: "latin")).contains("keeps text as LATIN1"))
            try await PostgreSQLDatabase.command("ALTER ROLE cloudspace SET search_path = nowhere", at: good)
            #expect(await words(good).contains("search_path"))
        }
    }

    @Test func aWrongPasswordIsToldWithoutThePassword() async throws {
        try await withServer { server in
            try await server.requirePassword("right")
            let wrong = server.url().replacing("cloudspace@", with: "cloudspace:wr0ng-s3cret@")
            let missing = server.url()
            #expect(await words(wrong).contains("refuses the password of user cloudspace"))
            #expect(await !words(wrong).contains("s3cret"))
            #expect(await words(missing).contains("wants a password"))
            let right = try await PostgreSQLDatabase(
                PostgreSQLAddress(server.url().replacing("cloudspace@", with: "cloudspace:right@")))
            #expect(try await right.read { try $0.exists("SELECT 1") })
            await right.close()
        }
    }

    @Test func aServerRestartedUnderLoadLosesNothingThatWasAcknowledged() async throws {
        try await withServer { server in
            let database = try await PostgreSQLDatabase(PostgreSQLAddress(server.url()), clock: FixedClock())
            try await database.restructure { transaction in
                try transaction.run("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY)")
            }
            let load = Load(database)
            try await load.during {
                for _ in 0..<2 {
                    await load.reach(acknowledged: 200)
                    try await server.stop(.immediate)
                    await load.reach(refused: 50)
                    try await server.start()
                    await load.reach(acknowledged: 200)
                }
            }
            let kept = Set(try await database.read { try $0.all("SELECT id FROM things") { $0.int(0) } })
            let acknowledged = load.acknowledged
            #expect(acknowledged.isSubset(of: kept))
            // What nobody acknowledged may be there only when its outcome was said to be unknown.
            #expect(kept.subtracting(acknowledged).isSubset(of: load.uncertain))
            #expect(load.strangeErrors == [])
            await database.close()
        }
    }

    @Test func callersAreRefusedAtOnceWhileTheServerIsAwayAndClosingStillWorks() async throws {
        try await withServer { server in
            let database = try await PostgreSQLDatabase(PostgreSQLAddress(server.url()), clock: FixedClock())
            try await server.stop(.fast)
            for _ in 0..<20 {
                await #expect(throws: DatabaseError.self) { try await database.write { try $0.exists("SELECT 1") } }
                do {
                    _ = try await database.read { try $0.exists("SELECT 1") }
                    Issue.record("a server that is away answered")
                } catch DatabaseError.unreachable(let words) {
                    #expect(!words.contains("\n"))
                }
            }
            await database.close()
            await #expect(throws: DatabaseError.closed) { try await database.read { try $0.exists("SELECT 1") } }
        }
    }

    @Test func aServerWithTooFewConnectionsIsUsedWithThoseItHas() async throws {
        try await withServer { server in
            try await PostgreSQLDatabase.command("CREATE ROLE few LOGIN CONNECTION LIMIT 2", at: server.url())
            let url = server.url().replacing("cloudspace@", with: "few@")
            let database = try await PostgreSQLDatabase(
                PostgreSQLAddress(url), writers: 4, readers: 1, clock: FixedClock())
            // The reader takes the second of them, whatever the writers do afterwards.
            #expect(try await database.read { try $0.exists("SELECT 1") })
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await database.write { try $0.exists("SELECT 1") } }
                    group.addTask { try await database.read { try $0.exists("SELECT 1") } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers == Array(repeating: true, count: 100))
            await database.close()
        }
    }

    private func withServer(_ body: (PrivatePostgreSQL) async throws -> Void) async throws {
        let server = try await PrivatePostgreSQL()
        do {
            try await body(server)
        } catch {
            await server.remove()
            throw error
        }
        await server.remove()
    }

    /// The words with which opening fails.
    private func words(_ url: String) async -> String {
        do {
            let database = try await PostgreSQLDatabase(PostgreSQLAddress(url))
            await database.close()
            return "opened"
        } catch DatabaseError.unreachable(let words) {
            return words.contains("\n") ? "several lines" : words
        } catch {
            return "\(error)"
        }
    }
}

/// Callers that insert numbers, never the same twice, until they are told to stop.
private final class Load: Sendable {
    private let database: PostgreSQLDatabase
    private let next = Atomic(0)
    private let stopping = Atomic(false)
    private let outcomes = Shared(Outcomes())

    private struct Outcomes: Sendable {
        var acknowledged: Set<Int> = []
        var refused = 0
        var uncertain: Set<Int> = []
        var strange: [String] = []
    }

    init(_ database: PostgreSQLDatabase) { self.database = database }

    var acknowledged: Set<Int> { outcomes.value.acknowledged }
    var uncertain: Set<Int> { outcomes.value.uncertain }
    var strangeErrors: [String] { outcomes.value.strange }

    func during(_ body: () async throws -> Void) async throws {
        let callers = (0..<16).map { _ in Task { while !stopping.load(ordering: .relaxed) { await insert() } } }
        defer { stopping.store(true, ordering: .relaxed) }
        try await body()
        stopping.store(true, ordering: .relaxed)
        for caller in callers { await caller.value }
    }

    /// Returns once so many more were acknowledged than at the call.
    func reach(acknowledged count: Int) async {
        let goal = outcomes.value.acknowledged.count + count
        while outcomes.value.acknowledged.count < goal { await Task.yield() }
    }

    /// Returns once so many more were refused than at the call.
    func reach(refused count: Int) async {
        let goal = outcomes.value.refused + count
        while outcomes.value.refused < goal { await Task.yield() }
    }

    private func insert() async {
        let number = next.add(1, ordering: .relaxed).newValue
        do {
            try await database.write { try $0.run("INSERT INTO things (id) VALUES (\(number))") }
            outcomes.change { $0.acknowledged.insert(number) }
        } catch DatabaseError.unreachable(let words) {
            outcomes.change { outcomes in
                outcomes.refused += 1
                if words.contains("it is not known whether") { outcomes.uncertain.insert(number) }
            }
            await Task.yield()
        } catch {
            outcomes.change { $0.strange.append("\(error)") }
        }
    }
}
