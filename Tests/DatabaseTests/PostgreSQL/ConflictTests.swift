import Testing
import VaultTesting

@testable import Database

/// Transactions that get in each other's way.
@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct ConflictTests {
    @Test func thirtyTwoCallersOfOneRowLoseNothing() async throws {
        try await withDatabase { database in
            try await makeCounters(in: database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<32 {
                    group.addTask { for _ in 0..<20 { try await count(0, in: database) } }
                }
                try await group.waitForAll()
            }
            #expect(try await counters(of: database)[0] == 32 * 20)
        }
    }

    @Test func sixtyFourCallersOfTheirOwnRowsLoseNothing() async throws {
        try await withDatabase { database in
            try await makeCounters(in: database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<64 {
                    group.addTask { for _ in 0..<20 { try await count(caller, in: database) } }
                }
                try await group.waitForAll()
            }
            #expect(try await counters(of: database) == Array(repeating: 20, count: 64))
        }
    }

    @Test func twoNodesThatReadAndWriteTheSameRowsLoseNothing() async throws {
        try await withTwoNodes { one, other in
            try await makeCounters(in: one)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<16 {
                    let node = caller % 2 == 0 ? one : other
                    group.addTask { for turn in 0..<30 { try await count(turn % 3, in: node) } }
                }
                try await group.waitForAll()
            }
            for node in [one, other] { #expect(try await counters(of: node).prefix(3) == [160, 160, 160]) }
        }
    }

    /// Write skew: each reads what the other writes. Only a serializable engine keeps the rule.
    @Test func aRuleOverTwoRowsHoldsAcrossNodes() async throws {
        try await withTwoNodes { one, other in
            try await makeCounters(in: one)
            for _ in 0..<20 {
                try await one.write { try $0.run("UPDATE counters SET number = 1 WHERE id < 2") }
                // At least one of the two must stay on.
                async let first = switchOff(0, unlessAlone: 1, in: one)
                async let second = switchOff(1, unlessAlone: 0, in: other)
                let (off, otherOff) = try await (first, second)
                #expect(off != otherOff)
                #expect(try await counters(of: one).prefix(2).reduce(0, +) == 1)
            }
        }
    }

    @Test func whatAsksForTheCommitRunsOnceHoweverOftenTheTransactionDid() async throws {
        try await withTwoNodes { one, other in
            try await makeCounters(in: one)
            let runs = Shared(0)
            let effects = Shared(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<8 {
                    let node = caller % 2 == 0 ? one : other
                    group.addTask {
                        for _ in 0..<25 {
                            try await node.write { transaction in
                                runs.change { $0 += 1 }
                                transaction.afterCommit { effects.change { $0 += 1 } }
                                try addOne(to: 0, in: transaction)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(effects.value == 200)
            #expect(runs.value >= 200)
            #expect(try await counters(of: one)[0] == 200)
        }
    }

    @Test func aFailureTheBodyKeepsToItselfFailsOnlyThatTransaction() async throws {
        try await withDatabase { database in
            try await makeCounters(in: database)
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for caller in 0..<40 {
                    group.addTask {
                        do {
                            try await database.write { transaction in
                                try addOne(to: caller, in: transaction)
                                if caller % 4 == 0 { _ = try? transaction.run("INSERT INTO counters VALUES (0, 0)") }
                            }
                            return caller % 4 != 0
                        } catch {
                            return caller % 4 == 0 && error as? DatabaseError != nil
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == Array(repeating: true, count: 40))
            let numbers = try await counters(of: database)
            #expect(numbers == (0..<64).map { $0 < 40 && $0 % 4 != 0 ? 1 : 0 })
        }
    }

    @Test func anAttemptWhoseBodyKeepsAFailureToItselfIsUndoneAlone() async throws {
        try await withDatabase { database in
            try await makeCounters(in: database)
            try await database.write { transaction in
                try addOne(to: 0, in: transaction)
                #expect(throws: DatabaseError.self) {
                    try transaction.attempt { inner in
                        try addOne(to: 1, in: inner)
                        _ = try? inner.run("INSERT INTO counters VALUES (0, 0)")
                    }
                }
                try addOne(to: 2, in: transaction)
            }
            #expect(try await counters(of: database).prefix(3) == [1, 0, 1])
        }
    }

    @Test func twoNodesThatMigrateAtOnceDoTheWorkOnce() async throws {
        let migrations = [
            Migration(name: "1-books", sql: "CREATE TABLE books (id BIGINT NOT NULL PRIMARY KEY)"),
            Migration(name: "2-first", sql: "INSERT INTO books (id) VALUES (1)"),
            Migration(name: "3-second", sql: "INSERT INTO books (id) SELECT max(id) + 1 FROM books"),
        ]
        for _ in 0..<4 {
            try await withTwoNodes { one, other in
                async let first: Void = Migrator.migrate(one, migrations, schema: "library")
                async let second: Void = Migrator.migrate(other, migrations, schema: "library")
                _ = try await (first, second)
                #expect(try await one.read { try $0.all("SELECT id FROM books ORDER BY id") { $0.int(0) } } == [1, 2])
            }
        }
    }

    private func makeCounters(in database: PostgreSQLDatabase) async throws {
        try await database.restructure { transaction in
            try transaction.run("CREATE TABLE counters (id BIGINT NOT NULL PRIMARY KEY, number BIGINT NOT NULL)")
            try transaction.run("INSERT INTO counters SELECT n, 0 FROM generate_series(0, 63) AS n")
        }
    }

    private func counters(of database: PostgreSQLDatabase) async throws -> [Int] {
        try await database.read { try $0.all("SELECT number FROM counters ORDER BY id") { $0.int(0) } }
    }

    private func count(_ id: Int, in database: PostgreSQLDatabase) async throws {
        try await database.write { try addOne(to: id, in: $0) }
    }

    /// Reads, then writes: what a lost update needs.
    private func addOne(to id: Int, in transaction: borrowing Transaction) throws {
        let number = try transaction.first("SELECT number FROM counters WHERE id = \(id)") { $0.int(0) } ?? 0
        try transaction.run("UPDATE counters SET number = \(number + 1) WHERE id = \(id)")
    }

    private func switchOff(_ id: Int, unlessAlone other: Int, in database: PostgreSQLDatabase) async throws -> Bool {
        try await database.write { transaction in
            let isOtherOn = try transaction.first("SELECT number FROM counters WHERE id = \(other)") { $0.bool(0) }
            guard isOtherOn == true else { return false }
            try transaction.run("UPDATE counters SET number = 0 WHERE id = \(id)")
            return true
        }
    }
}
