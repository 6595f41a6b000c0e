import Testing
import VaultTesting

@testable import Database

/// Results that do not fit what is read ahead.
@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct LargeResultTests {
    @Test func statementsRunInsideTheLoopOverALargeResult() async throws {
        try await withDatabase { database in
            try await makeNumbers(2_000, in: database)
            let sums = try await database.write { transaction in
                var sums = [0, 0]
                try transaction.forEach("SELECT id FROM numbers ORDER BY id") { row in
                    let id = row.int(0)
                    sums[0] += id
                    sums[1] += try transaction.first("SELECT id FROM numbers WHERE id = \(id)") { $0.int(0) } ?? 0
                    try transaction.run("UPDATE numbers SET body = 'seen' WHERE id = \(id)")
                    return .more
                }
                return sums + [
                    try transaction.first("SELECT count(*) FROM numbers WHERE body = 'seen'") { $0.int(0) } ?? 0
                ]
            }
            #expect(sums == [1_999_000, 1_999_000, 2_000])
        }
    }

    @Test func loopsAreNestedThreeDeep() async throws {
        try await withDatabase { database in
            try await makeNumbers(400, in: database)
            let count = try await database.read { snapshot in
                var count = 0
                try snapshot.forEach("SELECT id FROM numbers ORDER BY id") { outer in
                    guard outer.int(0) % 100 == 0 else { return .more }
                    try snapshot.forEach("SELECT id FROM numbers ORDER BY id") { middle in
                        guard middle.int(0) % 100 == 0 else { return .more }
                        try snapshot.forEach("SELECT id FROM numbers ORDER BY id") { _ in
                            count += 1
                            return .more
                        }
                        return .more
                    }
                    return .more
                }
                return count
            }
            #expect(count == 4 * 4 * 400)
        }
    }

    /// What does not fit the memory a result may take is run again through a cursor.
    @Test func aResultLargerThanItsMemoryMayHaveStatementsInside() async throws {
        try await withDatabase { database in
            // 60 MiB, more than the 32 that are held.
            try await makeNumbers(600, bodyBytes: 100_000, in: database)
            let query: SQL = "SELECT id, body FROM numbers ORDER BY id"
            for _ in 0..<2 {
                let (rows, bytes) = try await database.read { snapshot in
                    var (rows, bytes) = (0, 0)
                    try snapshot.forEach(query) { row in
                        rows += 1
                        bytes += row.text(1).utf8.count
                        _ = try snapshot.exists("SELECT 1")
                        return .more
                    }
                    return (rows, bytes)
                }
                #expect(rows == 600)
                #expect(bytes == 600 * 100_000)
            }
            let changed = try await database.write { transaction in
                var changed = 0
                try transaction.forEach(query) { row in
                    changed += try transaction.run("UPDATE numbers SET body = 'seen' WHERE id = \(row.int(0))")
                    return row.int(0) == 299 ? .stop : .more
                }
                return changed
            }
            #expect(changed == 300)
            #expect(
                try await database.read {
                    try $0.first("SELECT count(*) FROM numbers WHERE body = 'seen'") { $0.int(0) }
                } == 300)
        }
    }

    @Test func leavingALargeResultEarlyLeavesTheTransactionUsable() async throws {
        try await withDatabase { database in
            try await makeNumbers(5_000, in: database)
            // The second time the result is known to be large.
            for _ in 0..<3 {
                let seen = try await database.write { transaction in
                    let first = try transaction.first("SELECT id FROM numbers ORDER BY id") { $0.int(0) }
                    let missing = try transaction.attempt { inner in
                        try inner.first("SELECT id FROM numbers WHERE id < 0 ORDER BY id") { $0.int(0) }
                    }
                    #expect(throws: Interruption.self) {
                        try transaction.forEach("SELECT id FROM numbers ORDER BY id DESC") { _ in throw Interruption() }
                    }
                    let again = try transaction.first("SELECT id FROM numbers ORDER BY id DESC") { $0.int(0) }
                    return [first, missing, again]
                }
                #expect(seen == [0, nil, 4_999])
            }
        }
    }

    @Test func aFailureInTheMiddleOfALargeResultIsThrown() async throws {
        try await withDatabase { database in
            try await makeNumbers(2_000, in: database)
            var seen = 0
            do {
                seen = try await database.read { snapshot in
                    var count = 0
                    try snapshot.forEach("SELECT 1 / (1500 - id) FROM numbers ORDER BY id") { _ in
                        count += 1
                        return .more
                    }
                    return count
                }
                Issue.record("the division by zero went unnoticed")
            } catch DatabaseError.other(_, let message) {
                #expect(message.contains("(22012)"))
            }
            #expect(seen == 0)
            #expect(try await database.read { try $0.exists("SELECT 1") })
        }
    }

    private struct Interruption: Error {}

    private func makeNumbers(_ count: Int, bodyBytes: Int = 4, in database: PostgreSQLDatabase) async throws {
        try await database.restructure { transaction in
            try transaction.run("CREATE TABLE numbers (id BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL)")
            // Not compressed, so that the rows are as large as they look.
            try transaction.run(
                """
                INSERT INTO numbers (id, body)
                SELECT n, repeat('x', CAST(\(bodyBytes) AS INTEGER)) FROM generate_series(0, \(count - 1)) AS n
                """)
        }
    }
}
