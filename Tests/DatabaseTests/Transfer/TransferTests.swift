import Testing
import VaultTesting

@testable import Database

/// Tables read and written through the catalog, on every engine there is.
@Suite struct TransferTests {
    enum Engine: String, Sendable, CaseIterable { case sqlite, postgresql }

    static var engines: [Engine] { TestPostgreSQL.url == nil ? [.sqlite] : Engine.allCases }

    private func open(_ engine: Engine, _ schema: MigrationStep) async throws -> any Database {
        let database: any Database =
            switch engine {
            case .sqlite: try SQLiteDatabase.temporary()
            case .postgresql: try await TestPostgreSQL.fresh()
            }
        try await database.write { try $0.script(schema) }
        return database
    }

    private func catalog(_ database: any Database) async throws -> TableCatalog {
        let dialect = database.dialect
        return try await database.read { try TableCatalog(of: $0, dialect: dialect) }
    }

    private func allPages(_ name: String, _ database: any Database) async throws -> [TableReader.Page] {
        let table = try #require(try await catalog(database).table(name))
        let reader = TableReader(table, dialect: database.dialect)
        var pages: [TableReader.Page] = []
        repeat {
            let key = pages.last?.rows.last.map { reader.key(of: $0.values) }
            pages.append(try await database.read { try reader.page(after: key, in: $0) })
        } while pages.last?.isLast == false
        return pages
    }

    @Test(arguments: engines)
    func theCatalogTellsTablesColumnsKeysAndCounters(_ engine: Engine) async throws {
        let database = try await open(
            engine,
            """
            CREATE TABLE zebras (b TEXT NOT NULL, a BLOB NOT NULL, n BIGINT, PRIMARY KEY (b, a));
            CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY AUTOINCREMENT, "select" TEXT);
            CREATE VIEW striped AS SELECT b FROM zebras;
            CREATE INDEX zebras_by_n ON zebras (n);
            """)
        let catalog = try await catalog(database)
        #expect(catalog.tables.map(\.name) == ["odd \"name", "zebras"])
        let zebras = try #require(catalog.table("zebras"))
        #expect(zebras.columns.map(\.name) == ["a", "b", "n"])
        #expect(zebras.columns.map(\.kind) == [.bytes, .text, .integer])
        #expect(zebras.key == [1, 0])
        #expect(zebras.identity == nil)
        #expect(catalog.table("odd \"name")?.identity == "id")
        let dialect = database.dialect
        #expect(try await database.read { try TableCatalog.holds(table: "zebras", in: $0, dialect: dialect) })
        #expect(try await !database.read { try TableCatalog.holds(table: "striped", in: $0, dialect: dialect) })
        #expect(try await !database.read { try TableCatalog.isEmpty($0, dialect: dialect) })
        await database.close()
    }

    @Test(arguments: engines)
    func whatCannotBeMovedIsNamed(_ engine: Engine) async throws {
        let keyless = try await open(engine, "CREATE TABLE loose (a BIGINT)")
        await #expect(throws: TransferError.noKey(table: "loose")) { try await catalog(keyless) }
        await keyless.close()
        let odd = try await open(engine, "CREATE TABLE odd (id BIGINT PRIMARY KEY, price NUMERIC)")
        await #expect(throws: TransferError.unknownType(table: "odd", column: "price", type: "NUMERIC")) {
            try await catalog(odd)
        }
        await odd.close()
    }

    @Test(arguments: engines)
    func pagesFollowEachOtherInTheOrderOfTheKeysBytes(_ engine: Engine) async throws {
        let database = try await open(
            engine, "CREATE TABLE words (word TEXT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (word, number))")
        // A collation would put these in another order than their bytes.
        let words = ["a", "B", "b", "é", "Z", "-", "ab", "", "\u{10000}", "\u{ffff}"]
        try await database.write { transaction in
            for number in (0..<1_203).reversed() {
                try transaction.run(
                    "INSERT INTO words (word, number) VALUES (\(words[number % words.count]), \(number - 600))")
            }
        }
        let pages = try await allPages("words", database)
        #expect(pages.map(\.rows.count) == [500, 500, 203])
        let expected = (0..<1_203).map { (Array(words[$0 % words.count].utf8), Int64($0 - 600)) }
            .sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0.lexicographicallyPrecedes($1.0) }
            .map { [SQLValue.integer($0.1), .text(String(decoding: $0.0, as: UTF8.self))] }
        #expect(pages.flatMap(\.rows).map(\.values) == expected)
        await database.close()
    }

    @Test(arguments: engines)
    func aPageEndsWhenItIsFullOfBytes(_ engine: Engine) async throws {
        let database = try await open(engine, "CREATE TABLE heavy (id BIGINT PRIMARY KEY, body BLOB)")
        try await database.write { transaction in
            for id in 0..<11 {
                try transaction.run("INSERT INTO heavy VALUES (\(id), \([UInt8](repeating: 1, count: 1 << 20)))")
            }
        }
        let pages = try await allPages("heavy", database)
        #expect(pages.map(\.rows.count) == [4, 4, 3])
        #expect(pages.allSatisfy { $0.byteCount < TableReader.mostBytes + (1 << 20) + 64 })
        await database.close()
    }

    @Test(arguments: engines)
    func rowsArriveAsTheyLeftAndOnceOnly(_ engine: Engine) async throws {
        let schema: MigrationStep = """
            CREATE TABLE things (id BLOB PRIMARY KEY, name TEXT, size BIGINT, body BLOB)
            """
        let source = try await open(.sqlite, schema)
        let target = try await open(engine, schema)
        try await source.write { transaction in
            for number in 0..<137 {
                let id = UInt128(number) << 100
                let name: String? = number % 3 == 0 ? nil : "n\u{e9}\(number)"
                let size: Int64? = number % 5 == 0 ? nil : .min + Int64(number)
                let body: [UInt8]? = number % 7 == 0 ? nil : Array(repeating: UInt8(number), count: number * 3)
                try transaction.run("INSERT INTO things VALUES (\(id), \(name), \(size), \(body))")
            }
        }
        let rows = try await allPages("things", source).flatMap(\.rows)
        let writer = TableWriter(try #require(try await catalog(target).table("things")))
        for _ in 1...2 { try await target.write { try writer.insert(rows, in: $0) } }
        #expect(try await allPages("things", target).flatMap(\.rows) == rows)
        await source.close()
        await target.close()
    }

    @Test(arguments: engines)
    func aProtectedTableIsEmptiedAndProtectedAgain(_ engine: Engine) async throws {
        let database = try await open(engine, "CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT)")
        try await database.write { transaction in
            try transaction.script(.refuse(.delete, on: "log", trigger: "log_stays", saying: "the log stays"))
            try transaction.script(.refuse(.update, on: "log", trigger: "log_is_fixed", saying: "the log stays"))
            try transaction.run("INSERT INTO log (word) VALUES ('seed'), ('other')")
        }
        let table = try #require(try await catalog(database).table("log"))
        try await database.write { try TableWriter(table).empty(in: $0) }
        #expect(try await allPages("log", database).flatMap(\.rows).isEmpty)

        let moved = TransferRow(values: [.integer(41), .text("moved")], encoding: [])
        try await database.write { transaction in
            try TableWriter(table).insert([moved], in: transaction)
            try TableWriter(table).settleIdentity(in: transaction)
        }
        let next = try await database.write { transaction in
            try transaction.insert("INSERT INTO log (word) VALUES ('next')", identity: "id")
        }
        #expect(next == 42, "the engine counts on behind the highest key")
        for statement: SQL in ["DELETE FROM log", "UPDATE log SET word = ''"] {
            await #expect(throws: DatabaseError.constraint(kind: .trigger, detail: "the log stays")) {
                try await database.write { try $0.run(statement) }
            }
        }
        await database.close()
    }

    @Test(arguments: engines)
    func referencesRestWhileRowsComeInAnyOrder(_ engine: Engine) async throws {
        let schema: MigrationStep = """
            CREATE TABLE tree (id BIGINT PRIMARY KEY, parent BIGINT REFERENCES tree (id));
            """
        let bench = try Workbench()
        let database: any Database =
            switch engine {
            case .sqlite: try SQLiteDatabase.filling(path: bench.path)
            case .postgresql: try await TestPostgreSQL.fresh()
            }
        try await database.restructure { try $0.script(schema) }
        let taken = try await database.write { try $0.takeReferences() }
        try await database.write { _ = try $0.run("INSERT INTO tree VALUES (1, 2), (3, 9)") }
        try await database.write { _ = try $0.run("INSERT INTO tree VALUES (2, NULL)") }
        func tie() async throws {
            try await database.write { transaction in
                for reference in taken { try transaction.putBack(reference) }
                try transaction.checkReferences()
            }
        }
        let error = await #expect(throws: DatabaseError.self) { try await tie() }
        guard case .constraint(.foreignKey, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await database.write { _ = try $0.run("INSERT INTO tree VALUES (9, NULL)") }
        try await tie()
        await database.close()
    }

    @Test func aValueOfAnotherTypeThanItsColumnIsFound() async throws {
        let database = try await open(.sqlite, "CREATE TABLE loose (id BIGINT PRIMARY KEY, name TEXT, body BLOB)")
        try await database.write { transaction in
            try transaction.run("INSERT INTO loose VALUES (1, 'a', x'01'), (2, NULL, NULL), (3, 'c', 'text')")
        }
        await #expect(throws: TransferError.strayValue(table: "loose", key: "3")) {
            try await allPages("loose", database)
        }
        await database.close()
    }
}
