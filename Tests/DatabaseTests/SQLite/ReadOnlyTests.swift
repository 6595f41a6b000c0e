import Glibc
import Testing

@testable import Database

@Suite struct ReadOnlyTests {
    @Test func whatIsOnlyInTheLogIsReadAndTheFileStaysAsItIs() async throws {
        let bench = try Workbench()
        let writer = try bench.open()
        try await writer.makeNotes()
        try await writer.checkpointTruncate()
        try await writer.write { _ = try $0.run("INSERT INTO notes VALUES (1, NULL, 1), (2, NULL, 2)") }
        let file = bench.read("vault.db")
        let log = bench.read("vault.db-wal")
        #expect(!log.isEmpty)

        let reader = try ReadOnlySQLiteDatabase(path: bench.path)
        let ids = try await reader.read { try $0.all("SELECT id FROM notes ORDER BY id") { $0.int(0) } }
        #expect(ids == [1, 2])
        await #expect(throws: DatabaseError.self) { try await reader.write { _ = try $0.run("DELETE FROM notes") } }
        await #expect(throws: DatabaseError.self) { try await reader.read { try $0.exists("DELETE FROM notes") } }
        await reader.close()
        #expect(bench.read("vault.db") == file)
        #expect(bench.read("vault.db-wal") == log)
        #expect(try await writer.noteIDs() == [1, 2])
        await writer.close()
    }

    @Test func theLastOneToCloseLeavesTheLogWhereItIs() async throws {
        let bench = try Workbench()
        let writer = try bench.open()
        try await writer.makeNotes()
        try await writer.write { _ = try $0.run("INSERT INTO notes VALUES (1, NULL, 1)") }
        // As a killed server leaves it: rows in the log, nobody there to bring them into the file.
        let copy = try Workbench()
        try copy.write(bench.read("vault.db"), to: "vault.db")
        try copy.write(bench.read("vault.db-wal"), to: "vault.db-wal")
        await writer.close()
        let (file, log) = (copy.read("vault.db"), copy.read("vault.db-wal"))

        let reader = try ReadOnlySQLiteDatabase(path: copy.path)
        #expect(try await reader.read { try $0.exists("SELECT 1 FROM notes WHERE id = 1") })
        await reader.close()
        #expect(copy.read("vault.db") == file)
        #expect(copy.read("vault.db-wal") == log)
    }

    @Test func aMissingFileIsNotMade() throws {
        let bench = try Workbench()
        #expect(throws: DatabaseError.cannotOpen) { try ReadOnlySQLiteDatabase(path: bench.path) }
        #expect(access(bench.path, F_OK) == -1)
    }
}
