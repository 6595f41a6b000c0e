import Testing
import VaultTesting

@testable import Database

/// Connections that break, one at a time, while the server stays.
@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct LostConnectionTests {
    private let endOwnConnection: SQL = "SELECT pg_terminate_backend(pg_backend_pid())"

    @Test func aTransactionWhoseConnectionBreaksIsRunOnceMoreOnAnother() async throws {
        try await withDatabase { database in
            try await database.write { try $0.run("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY)") }
            let runs = Shared(0)
            try await database.write { transaction in
                runs.change { $0 += 1 }
                try transaction.run("INSERT INTO things (id) VALUES (1)")
                if runs.value == 1 { try transaction.run(endOwnConnection) }
            }
            #expect(runs.value == 2)
            #expect(try await database.read { try $0.first("SELECT count(*) FROM things") { $0.int(0) } } == 1)
        }
    }

    @Test func oneThatBreaksItsConnectionEachTimeIsGivenUp() async throws {
        try await withDatabase { database in
            let runs = Shared(0)
            await #expect(throws: DatabaseError.self) {
                try await database.write { transaction in
                    runs.change { $0 += 1 }
                    try transaction.run(endOwnConnection)
                }
            }
            #expect(runs.value == 2)
            let works = try await database.write { try $0.exists("SELECT 1") }
            #expect(works)
        }
    }

    @Test func aReadingWhoseConnectionBreaksIsRunOnceMoreOnAnother() async throws {
        try await withDatabase { database in
            let runs = Shared(0)
            let number = try await database.read { snapshot in
                runs.change { $0 += 1 }
                if runs.value == 1 { _ = try snapshot.exists(endOwnConnection) }
                return try snapshot.first("SELECT 7") { $0.int(0) }
            }
            #expect(number == 7)
            #expect(runs.value == 2)
        }
    }

    @Test func connectionsThatWereEndedWhileIdleAreMadeAnew() async throws {
        try await withDatabase { database in
            let name = try await database.read { try $0.first("SELECT current_database()") { $0.text(0) } } ?? ""
            for _ in 0..<3 {
                try await PostgreSQLDatabase.command(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = '\(name)' AND pid <> pg_backend_pid()
                    """, at: TestPostgreSQL.url ?? "")
                for _ in 0..<8 {
                    #expect(try await database.write { try $0.exists("SELECT 1") })
                    #expect(try await database.read { try $0.exists("SELECT 1") })
                }
            }
        }
    }

    /// The server ends the connection while it checks what is deferred to the commit.
    @Test func aConnectionThatBreaksInsideTheCommitLeavesTheOutcomeOpenAndIsNotRepeated() async throws {
        try await withDatabase { database in
            try await database.restructure { transaction in
                try transaction.script(
                    .perEngine(
                        sqlite: "",
                        postgresql: """
                            CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY);
                            CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS
                                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                            CREATE CONSTRAINT TRIGGER leaves AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
                                FOR EACH ROW EXECUTE FUNCTION leave();
                            """))
            }
            let runs = Shared(0)
            do {
                try await database.write { transaction in
                    runs.change { $0 += 1 }
                    try transaction.run("INSERT INTO things (id) VALUES (1)")
                }
                Issue.record("a commit that nobody confirmed was acknowledged")
            } catch DatabaseError.unreachable(let words) {
                #expect(words.contains("it is not known whether"))
            }
            #expect(runs.value == 1)
            #expect(try await database.write { try $0.exists("SELECT 1") })
        }
    }

    @Test func noLockIsLeftBehind() async throws {
        try await withDatabase { database in
            try await database.restructure { try $0.run("CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY)") }
            await #expect(throws: DatabaseError.self) {
                try await database.restructure { try $0.run("not a statement") }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<16 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await database.write { transaction in
                                let count = try transaction.first("SELECT count(*) FROM things") { $0.int(0) } ?? 0
                                try transaction.run("INSERT INTO things (id) VALUES (\(count)) ON CONFLICT DO NOTHING")
                                if caller % 8 == 7 { _ = try? transaction.attempt { try $0.run("not a statement") } }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let locks = try await database.read {
                try $0.first(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                ) { $0.int(0) }
            }
            #expect(locks == 0)
        }
    }
}
