import Glibc
import Synchronization
import Testing

@testable import Database

@Suite struct SQLiteFileTests {
    @Test func theFilesAreForTheirOwnerOnly() async throws {
        let bench = try Workbench()
        let database = try bench.open()
        try await database.makeNotes()
        #expect(bench.mode("vault.db") == 0o600)
        #expect(bench.mode("vault.db-wal") == 0o600)
        #expect(bench.mode("vault.db-shm") == 0o600)
        await database.close()
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let bench = try Workbench()
        try bench.write(Array(repeating: 0x61, count: 10_000), to: "vault.db")
        #expect(throws: DatabaseError.corrupt) { try bench.open() }
    }

    @Test func aPlaceThatDoesNotExistCannotBeOpened() {
        #expect(throws: DatabaseError.cannotOpen) { try SQLiteDatabase(path: "/nowhere/at/all/vault.db") }
    }

    @Test func aTemporaryDatabaseLeavesNothingBehind() async throws {
        let directory = try TemporaryDirectory()
        let database = try SQLiteDatabase(
            SQLiteSettings(path: "\(directory.path)/vault.db"), readers: 1, queueLimit: 8, clock: FixedClock(),
            directory: directory)
        try await database.makeNotes()
        await database.close()
        #expect(access(directory.path, F_OK) == -1)
    }

    @Test func twoOpenersOfOneFileWaitForEachOther() async throws {
        let bench = try Workbench()
        let one = try bench.open()
        let other = try bench.open()
        try await one.makeNotes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let database = number % 2 == 0 ? one : other
                    try await database.write { try $0.run("INSERT INTO notes (id) VALUES (\(number))") }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await one.noteIDs() == Array(0..<60))
        #expect(try await other.noteIDs() == Array(0..<60))
        await one.close()
        #expect(try await other.noteIDs().count == 60)
        await other.close()
    }

    @Test func theLogStaysBoundedUnderLoad() async throws {
        let database = try SQLiteDatabase.temporary()
        try await database.makeNotes()
        let largest = Shared(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    for number in 0..<250 {
                        let body = [UInt8](repeating: 1, count: 60_000)
                        try await database.write { transaction in
                            try transaction.run("INSERT INTO notes (id, body) VALUES (\(number * 8 + caller), \(body))")
                        }
                        let length = try await database.logLength()
                        largest.change { $0 = max($0, length) }
                    }
                }
            }
            try await group.waitForAll()
        }
        // 120 MB went through it.
        #expect(largest.value < 64 << 20)
        await database.close()
    }

    @Test func afterTheCheckpointADeletedRowIsInNeitherFile() async throws {
        let bench = try Workbench()
        let database = try bench.open()
        try await database.makeNotes()
        let secret = Array("a key that must be gone, wholly and for good".utf8)
        try await database.write { transaction in
            try transaction.run("INSERT INTO notes (id, body) VALUES (1, \(secret)), (2, \(secret))")
        }
        try await database.checkpointTruncate()
        #expect(contains(bench.read("vault.db"), secret))

        try await database.write { try $0.run("DELETE FROM notes WHERE id = \(1)") }
        try await database.write { try $0.run("UPDATE notes SET body = \([UInt8](repeating: 0, count: 3))") }
        #expect(contains(bench.read("vault.db") + bench.read("vault.db-wal"), secret))
        try await database.checkpointTruncate()
        #expect(bench.read("vault.db-wal").isEmpty)
        #expect(!contains(bench.read("vault.db"), secret))
        await database.close()
    }

    @Test func theIntegrityCheckFindsADanglingReference() async throws {
        let bench = try Workbench()
        let database = try bench.open()
        try await database.restructure { try $0.script("CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES a (id))") }
        #expect(try await database.integrityCheck() == [])
        await database.close()

        // Foreign keys are kept by the writer's connection alone, so this one can break them.
        let careless = try SQLiteConnection(SQLiteSettings(path: bench.path), role: .checkpointer)
        try careless.run("INSERT INTO a (id, b) VALUES (1, 99)")
        let again = try bench.open()
        #expect(try await again.integrityCheck().count == 1)
        await again.close()
    }

    @Test func callersBeyondTheLimitAreToldAtOnce() async throws {
        let bench = try Workbench()
        let database = try bench.open(readers: 1, queueLimit: 4)
        let entered = Atomic(false)
        let leave = Atomic(false)
        async let slow: Void = database.write { _ in
            entered.store(true, ordering: .releasing)
            while !leave.load(ordering: .acquiring) { sched_yield() }
        }
        while !entered.load(ordering: .acquiring) { await Task.yield() }
        let tasks = (0..<20).map { _ in Task { try await database.write { _ in } } }
        var refused = 0
        var served = 0
        // Sixteen must be refused while the writer is still held up; only then is it let go.
        await withTaskGroup(of: Bool.self) { group in
            for task in tasks {
                group.addTask {
                    do {
                        try await task.value
                        return true
                    } catch {
                        return error as? DatabaseError != .overloaded
                    }
                }
            }
            for await wasServed in group {
                if wasServed { served += 1 } else { refused += 1 }
                if refused == 16 { leave.store(true, ordering: .releasing) }
            }
        }
        try await slow
        #expect(refused == 16)
        #expect(served == 4)
        await database.close()
    }

    @Test func aStatementMustBeExactlyOne() async throws {
        let database = try SQLiteDatabase.temporary()
        try await database.makeNotes()
        for sql: SQL in ["INSERT INTO notes (id) VALUES (1); DELETE FROM notes", "", "-- nothing"] {
            await #expect(throws: DatabaseError.self) { try await database.write { try $0.run(sql) } }
        }
        try await database.write { try $0.run("INSERT INTO notes (id) VALUES (1) ") }
        #expect(try await database.noteIDs() == [1])
        await database.close()
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0] == part[0] && bytes[$0...].starts(with: part) }
    }
}

extension SQLiteDatabase {
    /// Bytes of the write-ahead log file.
    fileprivate func logLength() async throws -> Int {
        try await read { snapshot in
            let path = try snapshot.first("SELECT file FROM pragma_database_list WHERE name = 'main'") { $0.text(0) }
            var status = stat()
            return stat("\(path ?? "")-wal", &status) == 0 ? Int(status.st_size) : 0
        }
    }
}
