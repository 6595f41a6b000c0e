import Testing
import VaultTesting

@testable import Database

/// Statements stay prepared at the server; what happens when it no longer accepts them.
@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct PreparedStatementTests {
    @Test func aTableThatChangedItsColumnsIsReadAndWrittenOn() async throws {
        try await withTwoNodes { one, other in
            try await one.write { transaction in
                try transaction.run("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY)")
                try transaction.run("INSERT INTO things (id) VALUES (1)")
            }
            let columns: @Sendable (PostgreSQLDatabase) async throws -> [Int] = { database in
                let query: SQL = "SELECT * FROM things WHERE id >= \(1)"
                let read = try await database.read { try $0.all(query) { $0.isNull(1) ? 1 : 2 } }
                let written = try await database.write { try $0.all(query) { $0.isNull(1) ? 1 : 2 } }
                return read + written
            }
            for _ in 0..<8 { #expect(try await columns(one) == [1, 1]) }
            try await other.restructure { try $0.run("ALTER TABLE things ADD COLUMN word BIGINT NOT NULL DEFAULT 7") }
            for _ in 0..<8 { #expect(try await columns(one) == [2, 2]) }
        }
    }

    @Test func aServerThatForgotTheStatementsIsToldThemAgain() async throws {
        try await withDatabase(writers: 1) { database in
            for round in 0..<3 {
                let number = try await database.write { transaction in
                    let number = try transaction.first("SELECT CAST(\(round) AS BIGINT)") { $0.int(0) }
                    try transaction.script(text: "DEALLOCATE ALL")
                    return number
                }
                #expect(number == round)
            }
        }
    }

    /// More texts than are kept: each differs by how often its condition stands there.
    @Test func moreStatementsThanAreKeptDoNotDisturb() async throws {
        try await withDatabase(writers: 1) { database in
            let held = try await database.write { transaction in
                var condition: SQL = "1 = 1"
                for length in 0..<600 {
                    #expect(try transaction.exists("SELECT 1 WHERE \(condition)"))
                    if length % 20 == 19 { condition = "2 = 2" }
                    condition = "\(condition) AND \(length) >= 0"
                    if length % 2 == 0 { condition = "\(condition) AND true" }
                }
                return try transaction.first("SELECT count(*) FROM pg_prepared_statements") { $0.int(0) } ?? 0
            }
            #expect(held > 0)
            // What gave way is let go of at the start of the next transaction.
            try await database.write { transaction in
                let held = try transaction.first("SELECT count(*) FROM pg_prepared_statements") { $0.int(0) } ?? 0
                #expect(held <= 513)
            }
        }
    }
}
