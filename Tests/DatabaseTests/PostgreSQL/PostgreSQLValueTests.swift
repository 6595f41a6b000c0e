import Testing
import VaultTesting

@testable import Database

@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct PostgreSQLValueTests {
    @Test func numbersOfEveryTypeAreReadAsIntegers() async throws {
        try await withDatabase { database in
            let numbers = try await database.read { snapshot in
                try snapshot.first(
                    """
                    SELECT CAST(-7 AS SMALLINT), CAST(-70000 AS INTEGER), CAST(-7000000000 AS BIGINT), true, false,
                        CAST(-7.9 AS DOUBLE PRECISION), CAST(7.9 AS REAL), CAST(26 AS OID), CAST('42' AS TEXT)
                    """
                ) { row in (0..<9).map { row.integer($0) } }
            }
            #expect(numbers == [-7, -70_000, -7_000_000_000, 1, 0, -7, 7, 26, 42])
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("-7", -7), ("10000", 10_000), ("-99999999", -99_999_999), ("1.5", 1), ("-0.5", 0),
            ("0.00001", 0), ("120000000000000000", 120_000_000_000_000_000), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("9223372036854775808", .max), ("-99999999999999999999999", .min),
            ("NaN", 0),
        ] as [(String, Int64)])
    func aNumericIsReadAsAnInteger(_ text: String, _ number: Int64) async throws {
        try await withDatabase { database in
            let back = try await database.read {
                try $0.first("SELECT CAST(CAST(\(text) AS TEXT) AS NUMERIC)") { $0.integer(0) }
            }
            #expect(back == number)
        }
    }

    @Test func sumsAndAveragesOfIntegersAreReadAsIntegers() async throws {
        try await withDatabase { database in
            let figures = try await database.write { transaction in
                try transaction.run("CREATE TABLE numbers (number BIGINT)")
                let none = try transaction.first("SELECT sum(number), coalesce(sum(number), 0) FROM numbers") {
                    ($0.optionalInteger(0), $0.integer(1))
                }
                for number: Int64 in [.max, 1, -1, 4] {
                    try transaction.run("INSERT INTO numbers VALUES (\(number))")
                }
                let some = try transaction.first(
                    "SELECT sum(number), avg(number), count(*) FROM numbers WHERE number < \(Int64.max)"
                ) { [$0.integer(0), $0.integer(1), $0.integer(2)] }
                return (none?.0, none?.1, some)
            }
            #expect(figures.0 == .some(nil) && figures.1 == 0)
            #expect(figures.2 == [4, 1, 3])
        }
    }

    @Test func textWithANulIsRefusedAndTheTransactionGoesOn() async throws {
        try await withDatabase { database in
            let kept = try await database.write { transaction in
                try transaction.run("CREATE TABLE words (word TEXT)")
                #expect(
                    throws: DatabaseError.constraint(kind: .check, detail: "text with a NUL character cannot be stored")
                ) {
                    try transaction.run("INSERT INTO words VALUES (\("a\0b"))")
                }
                try transaction.run("INSERT INTO words VALUES (\("after"))")
                return try transaction.all("SELECT word FROM words") { $0.text(0) }
            }
            #expect(kept == ["after"])
        }
    }

    @Test func aValueThatDoesNotFitIsNotRepeatedInTheError() async throws {
        try await withDatabase { database in
            do {
                _ = try await database.read { try $0.first("SELECT CAST(\("s3cret") AS BIGINT)") { $0.integer(0) } }
                Issue.record("a word was taken for a number")
            } catch DatabaseError.other(_, let message) {
                #expect(message == "a value does not fit (22P02) in: SELECT CAST($1 AS BIGINT)")
            }
        }
    }

    /// A NULL leaves its type to the server, so one text becomes several prepared statements.
    @Test func theSameStatementTakesNullsAndValuesInTurn() async throws {
        try await withDatabase { database in
            let back = try await database.write { transaction in
                try transaction.run("CREATE TABLE notes (id BIGINT, word TEXT, body BYTEA)")
                for id in 0..<6 {
                    let word = id % 2 == 0 ? "word" : nil
                    let body = id % 3 == 0 ? [1] as [UInt8] : nil
                    try transaction.run("INSERT INTO notes VALUES (\(id), \(word), \(body))")
                }
                return try transaction.all("SELECT word, body FROM notes ORDER BY id") {
                    ($0.isNull(0) ? 0 : 1) + ($0.isNull(1) ? 0 : 2)
                }
            }
            #expect(back == [3, 0, 1, 2, 1, 0])
        }
    }
}
