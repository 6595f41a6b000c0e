import Database
import Testing

extension DatabaseContract {
    private static let first = Migration(name: "1-books", sql: "CREATE TABLE books (id BIGINT NOT NULL PRIMARY KEY)")
    private static let second = Migration(
        name: "2-pages",
        sql: "CREATE TABLE pages (id BIGINT NOT NULL PRIMARY KEY, book BIGINT REFERENCES books (id))",
        "INSERT INTO books (id) VALUES (7); INSERT INTO pages (id, book) VALUES (1, 7)")

    static let migrationRules: [DatabaseRule] = [
        DatabaseRule("migrations run once, in order, also when more are added later") { database in
            try await Migrator.migrate(database, [first], schema: "library")
            try await Migrator.migrate(database, [first, second], schema: "library")
            try await Migrator.migrate(database, [first, second], schema: "library")
            #expect(try await database.read { try $0.first("SELECT book FROM pages") { $0.int(0) } } == 7)
        },
        DatabaseRule("two schemas share a store without knowing of each other") { database in
            try await Migrator.migrate(database, [first], schema: "library")
            let other = Migration(name: "1-books", sql: "CREATE TABLE discs (id BIGINT NOT NULL PRIMARY KEY)")
            try await Migrator.migrate(database, [other], schema: "music")
            #expect(try await database.read { try $0.exists("SELECT 1 FROM discs") } == false)
        },
        DatabaseRule("a store of a newer version is refused and left alone") { database in
            try await Migrator.migrate(database, [first, second], schema: "library")
            let older = [first, Migration(name: "2-other", sql: "DROP TABLE books")]
            await #expect(throws: DatabaseError.schemaTooNew) {
                try await Migrator.migrate(database, older, schema: "library")
            }
            #expect(try await database.read { try $0.exists("SELECT 1 FROM books") })
        },
        DatabaseRule("a newer version's addition does not keep an older one from starting") { database in
            let addition = Migration(
                name: "2-discs", reach: .additive, sql: "CREATE TABLE discs (id BIGINT NOT NULL PRIMARY KEY)")
            try await Migrator.migrate(database, [first, addition], schema: "library")
            try await Migrator.migrate(database, [first], schema: "library")
            #expect(try await database.read { try $0.exists("SELECT 1 FROM discs") } == false)
        },
        DatabaseRule("a table counts its keys, and refuses the changes it was told to refuse") { database in
            let log = Migration(
                name: "1-log",
                sql: "CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT NOT NULL, body BLOB)",
                .refuse(.update, on: "log", trigger: "log_is_never_updated", saying: "log is append-only"),
                .refuse(.delete, on: "log", trigger: "log_is_never_deleted", saying: "log is append-only"))
            try await Migrator.migrate(database, [log], schema: "log")
            let keys = try await database.write { transaction in
                try (0..<3).map { number in
                    try transaction.insert("INSERT INTO log (word) VALUES (\("word \(number)"))", identity: "id")
                }
            }
            #expect(keys == [1, 2, 3])
            for change: SQL in ["UPDATE log SET word = 'other'", "DELETE FROM log"] {
                await #expect(throws: DatabaseError.constraint(kind: .trigger, detail: "log is append-only")) {
                    try await database.write { try $0.run(change) }
                }
            }
            #expect(try await database.read { try $0.first("SELECT count(*) FROM log") { $0.int(0) } } == 3)
        },
        DatabaseRule("a migration that fails leaves nothing of itself and can be tried again") { database in
            let broken = Migration(name: "2-pages", sql: "CREATE TABLE pages (id BIGINT)", "not a statement")
            await #expect(throws: DatabaseError.self) {
                try await Migrator.migrate(database, [first, broken], schema: "library")
            }
            try await Migrator.migrate(database, [first, second], schema: "library")
            #expect(try await database.read { try $0.exists("SELECT 1 FROM pages WHERE book = \(7)") })
        },
        DatabaseRule("a migration that leaves a dangling reference is refused") { database in
            try await Migrator.migrate(database, [first, second], schema: "library")
            let careless = Migration(name: "3", sql: "DELETE FROM books")
            await #expect(throws: DatabaseError.self) {
                try await Migrator.migrate(database, [first, second, careless], schema: "library")
            }
            #expect(try await database.read { try $0.exists("SELECT 1 FROM books") })
            await #expect(throws: DatabaseError.self) { try await database.write { try $0.run("DELETE FROM books") } }
        },
        DatabaseRule("a table that others refer to can be rebuilt") { database in
            let rebuild = Migration(
                name: "3",
                sql: .perEngine(
                    sqlite: """
                        CREATE TABLE books_new (id BIGINT NOT NULL PRIMARY KEY, title TEXT NOT NULL DEFAULT '');
                        INSERT INTO books_new (id) SELECT id FROM books;
                        DROP TABLE books;
                        ALTER TABLE books_new RENAME TO books
                        """,
                    postgresql: "ALTER TABLE books ADD COLUMN title TEXT NOT NULL DEFAULT ''"))
            try await Migrator.migrate(database, [first, second, rebuild], schema: "library")
            let title = try await database.read { snapshot in
                try snapshot.first("SELECT title FROM books JOIN pages ON pages.book = books.id") { $0.text(0) }
            }
            #expect(title == "")
        },
        DatabaseRule("processes that migrate at once do the work once") { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Migrator.migrate(database, [first, second], schema: "library") }
                }
                try await group.waitForAll()
            }
            #expect(try await database.read { try $0.first("SELECT count(*) FROM pages") { $0.int(0) } } == 1)
        },
    ]
}
