import Database
import Testing

@Suite struct SmokeTests {
    @Test func aRowWrittenIsRead() async throws {
        let database = try SQLiteDatabase.temporary()
        let id: UInt128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef
        try await Migrator.migrate(
            database, [Migration(name: "1", sql: "CREATE TABLE t (id BLOB PRIMARY KEY, a TEXT, b BLOB, c BIGINT)")],
            schema: "test")
        try await database.write { transaction in
            try transaction.run(
                "INSERT INTO t (id, a, b, c) VALUES (\(id), \("é"), \([1, 2] as [UInt8]), \(nil as Int?))")
        }
        let row = try await database.read { snapshot in
            try snapshot.first("SELECT id, a, b, c FROM t WHERE id = \(id)") { row in
                (row.uuid(0), row.text(1), row.bytes(2), row.optionalInt(3))
            }
        }
        #expect(row?.0 == id)
        #expect(row?.1 == "é")
        #expect(row?.2 == [1, 2])
        #expect(row?.3 == nil)
        await database.close()
        await #expect(throws: DatabaseError.closed) { try await database.read { _ in } }
    }
}
