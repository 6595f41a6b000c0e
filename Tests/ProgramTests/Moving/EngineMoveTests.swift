import Database
import Foundation
import Testing
import VaultTesting

@testable import cloudspace

/// Moves between engines: they need the servers that `scripts/with-postgresql` and `scripts/with-seaweedfs` start.
@Suite(.enabled(if: TestPostgreSQL.url != nil || TestS3.location != nil, "needs PostgreSQL or S3"))
struct EngineMoveTests {
    /// An empty database at the tests' server.
    static func database() async throws -> String {
        let server = try #require(TestPostgreSQL.url)
        let name = TestPostgreSQL.newName()
        try await PostgreSQLDatabase.command("CREATE DATABASE \(name) TEMPLATE template0", at: server)
        var url = try #require(URLComponents(string: server))
        url.path = "/" + name
        return try #require(url.string)
    }

    /// A prefix of its own in the tests' bucket.
    static func bucket() throws -> String {
        let url = try #require(ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_S3"])
        return url.replacing("?", with: "/test-\(UUID().uuidString.lowercased())?", maxReplacements: 1)
    }

    /// What a server of the program finds in its environment.
    static func environment(_ names: [String: String]) -> [String: String] {
        let own = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("AWS_") }
        return own.merging(names) { _, given in given }
    }

    private func moveThereAndBack(_ vault: MovedVault, _ there: String) async throws {
        let before = try vault.sourceFiles()
        let report = try await vault.move(to: there)
        #expect(try vault.sourceFiles() == before, "the source is untouched")
        #expect(try await vault.comparison(with: there).tables == report.tables)
        let back = try await vault.move(from: there, to: vault.directory("back"))
        #expect(back.tables == report.tables, "every row has the digest it had")
        #expect(back.journal.isSound && back.journal.events == report.journal.events)
        #expect(back.blobs.bytes == report.blobs.bytes)
        let flags = ["--data", vault.directory("back"), "--keys", vault.place.keys]
        try await vault.expectContents(servedWith: flags)
        let doctor = try await Program.run(["doctor", "--deep"] + flags)
        #expect(doctor.status == 0, "\(doctor.output)")
    }

    @Test(.enabled(if: TestPostgreSQL.url != nil && TestS3.location != nil))
    func aVaultMovesToPostgreSQLAndS3AndBack() async throws {
        let vault = try await MovedVault()
        let (database, bucket) = (try await Self.database(), try Self.bucket())
        try await moveThereAndBack(vault, "\(database),\(bucket)")

        // Served and written to in its new place it is still a vault that can move.
        let environment = Self.environment(["DATABASE_URL": database, "BLOB_STORE": bucket])
        try await vault.expectContents(servedWith: ["--keys", vault.place.keys], environment: environment)
        let report = try await vault.move(from: "\(database),\(bucket)", to: vault.directory("third"))
        #expect(report.versions == vault.contents.count + 3)
        let flags = ["--data", vault.directory("third"), "--keys", vault.place.keys]
        for command in [["doctor", "--deep"], ["journal", "verify"]] {
            let result = try await Program.run(command + flags)
            #expect(result.status == 0, "\(command): \(result.output) \(result.errors)")
        }
    }

    @Test(.enabled(if: TestPostgreSQL.url != nil))
    func rowsAloneMoveToPostgreSQLAndBlobsStay() async throws {
        let vault = try await MovedVault()
        let there = "\(try await Self.database()),\(vault.source)"
        let report = try await vault.move(to: there)
        #expect(report.blobs.copied == 0 && report.blobs.alreadyThere > 0)
        #expect(try await vault.comparison(with: there).tables == report.tables)
    }

    @Test(.enabled(if: TestPostgreSQL.url != nil))
    func aVaultMovesFromOnePostgreSQLToAnother() async throws {
        let vault = try await MovedVault()
        let first = "\(try await Self.database()),\(vault.directory("b"))"
        let second = "\(try await Self.database()),\(vault.directory("c"))"
        let report = try await vault.move(to: first)
        #expect(try await vault.move(from: first, to: second).tables == report.tables)
    }

    @Test(.enabled(if: TestS3.location != nil))
    func blobsAloneMoveToS3() async throws {
        let vault = try await MovedVault()
        try await moveThereAndBack(vault, "\(vault.directory("b")),\(try Self.bucket())")
    }

    @Test(.enabled(if: TestPostgreSQL.url != nil))
    func aMoveIntoPostgreSQLStoppedAtAnyPointGoesOnAndPutsTheReferencesBack() async throws {
        let vault = try await MovedVault()
        let url = try await Self.database()
        let target = "\(url),\(vault.directory("b"))"
        let untouched = try await Self.references(vault)
        var stops = 0
        while true {
            let limit = 1 + stops * 7
            do {
                _ = try await vault.move(to: target) { $0 >= limit }
                break
            } catch let error as cloudspace.ProgramError {
                #expect(error.message.hasPrefix("stopped; "), "\(error.message)")
            }
            stops += 1
            try #require(stops < 100)
        }
        #expect(stops > 5)
        #expect(try await Self.references(in: url) == untouched)
        let database = try await PostgreSQLDatabase(try PostgreSQLAddress(url))
        try await database.write { transaction in
            // The engine counts on behind what was moved, and append-only tables are so again.
            let last = try transaction.first("SELECT MAX(sequence) FROM node_history") { $0.integer(0) }
            let next = try transaction.insert(
                """
                INSERT INTO node_history (node_id, space_id, kind, state, head_number, size, changed_by, valid_from)
                SELECT node_id, space_id, kind, state, head_number, size, changed_by, valid_from FROM node_history LIMIT 1
                """, identity: "sequence")
            #expect(next == (last ?? 0) + 1)
        }
        for table in ["versions", "journal_events", "plan_prices", "plans"] {
            await #expect(throws: DatabaseError.self, "\(table)") {
                try await database.write { try $0.run("DELETE FROM \(SQL(identifier: table))") }
            }
            await #expect(throws: DatabaseError.self, "\(table)") {
                try await database.write { try $0.run("TRUNCATE \(SQL(identifier: table)) CASCADE") }
            }
        }
        await database.close()
    }

    @Test(.enabled(if: TestPostgreSQL.url != nil))
    func aForeignDatabaseIsRefusedAndLeftAsItIs() async throws {
        let vault = try await MovedVault()
        let url = try await Self.database()
        try await PostgreSQLDatabase.command("CREATE TABLE mine (a bigint)", at: url)
        let error = await #expect(throws: cloudspace.ProgramError.self) {
            try await vault.move(to: "\(url),\(vault.directory("b"))")
        }
        #expect(error?.exitStatus == 2)
        #expect(!FileManager.default.fileExists(atPath: vault.directory("b")))
    }

    @Test(.enabled(if: TestPostgreSQL.url != nil))
    func aSourceWithLiveServersIsRefused() async throws {
        let vault = try await MovedVault()
        let url = try await Self.database()
        let first = "\(url),\(vault.directory("b"))"
        _ = try await vault.move(to: first)
        let database = try await PostgreSQLDatabase(try PostgreSQLAddress(url))
        try await database.write { transaction in
            try transaction.run(
                """
                INSERT INTO cluster_nodes (id, label, version, started_at, seen_at)
                VALUES (\([UInt8](repeating: 1, count: 16)), 'node-a:8080', '0', 0, \(transaction.now))
                """)
        }
        let error = await #expect(throws: cloudspace.ProgramError.self) {
            try await vault.move(from: first, to: vault.directory("c"))
        }
        #expect(error?.message.contains("node-a:8080") == true)
        try await database.write { _ = try $0.run("UPDATE cluster_nodes SET seen_at = 0") }
        await database.close()
        _ = try await vault.move(from: first, to: vault.directory("c"))
    }

    /// SQLite's journal takes an event that never got a leaf for one that was put in afterwards; on PostgreSQL it may be late.
    @Test(.enabled(if: TestPostgreSQL.url != nil))
    func eventsThatTheTreeStillWaitsForAreNotTakenToAnEngineThatDoesNotWait() async throws {
        let vault = try await MovedVault()
        let url = try await Self.database()
        let first = "\(url),\(vault.directory("b"))"
        _ = try await vault.move(to: first)
        let database = try await PostgreSQLDatabase(try PostgreSQLAddress(url))
        try await database.write { transaction in
            let last = try transaction.first("SELECT MAX(sequence) FROM journal_events") { $0.integer(0) } ?? 0
            for sequence in [last + 1, last + 2] {
                try transaction.run(
                    """
                    INSERT INTO journal_events (sequence, time, actor_kind, outcome, action)
                    VALUES (\(sequence), \(transaction.now), 3, 1, 'late')
                    """)
            }
            try transaction.run(
                """
                INSERT INTO journal_leaves (leaf_index, sequence, hash)
                SELECT MAX(leaf_index) + 1, \(last + 2), \([UInt8](repeating: 1, count: 32)) FROM journal_leaves
                """)
        }
        await database.close()
        let error = await #expect(throws: cloudspace.ProgramError.self) {
            try await vault.move(from: first, to: vault.directory("c"))
        }
        #expect(error?.message.hasPrefix("1 events of the source are not in its journal's tree yet") == true)
        #expect(error?.exitStatus == 2)
    }

    /// The foreign keys of a database that was migrated and never filled from elsewhere.
    private static func references(_ vault: MovedVault) async throws -> [String] {
        let url = try await database()
        let database = try await PostgreSQLDatabase(try PostgreSQLAddress(url))
        try await ProgramSchema.migrate(database)
        await database.close()
        return try await references(in: url)
    }

    private static func references(in url: String) async throws -> [String] {
        let database = try await PostgreSQLDatabase(try PostgreSQLAddress(url))
        let found = try await database.read { snapshot in
            try snapshot.all(
                """
                SELECT CAST(conname AS text) || ' ' || pg_get_constraintdef(oid) || CASE WHEN convalidated THEN '' ELSE ' ?' END
                FROM pg_constraint WHERE contype = 'f' ORDER BY 1
                """
            ) { $0.text(0) }
        }
        await database.close()
        return found
    }
}
