import Database
import Testing

extension DatabaseContract {
    static let constraintRules: [DatabaseRule] = [
        DatabaseRule("each broken rule of the schema is told by its kind") { database in
            try await makeFamily(database)
            #expect(await kind(database, "INSERT INTO parents (id, name) VALUES (1, 'again')") == .unique)
            #expect(await kind(database, "INSERT INTO parents (id, name) VALUES (2, 'one')") == .unique)
            #expect(await kind(database, "INSERT INTO parents (id, name) VALUES (2, NULL)") == .notNull)
            #expect(await kind(database, "INSERT INTO parents (id, name, age) VALUES (2, 'two', -1)") == .check)
            #expect(await kind(database, "INSERT INTO children (id, parent) VALUES (1, 99)") == .foreignKey)
            #expect(await kind(database, "INSERT INTO children (id, parent) VALUES (1, NULL)") == nil)
        },
        DatabaseRule("a broken rule caught in an attempt leaves the transaction usable") { database in
            try await makeFamily(database)
            try await database.write { transaction in
                #expect(throws: DatabaseError.self) {
                    try transaction.attempt { try $0.run("INSERT INTO parents (id, name) VALUES (1, 'again')") }
                }
                try transaction.run("INSERT INTO parents (id, name) VALUES (3, 'three')")
            }
            #expect(try await database.read { try $0.exists("SELECT 1 FROM parents WHERE id = \(3)") })
        },
        DatabaseRule("a deferred foreign key fails only the transaction that broke it") { database in
            try await makeFamily(database)
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 1...40 {
                    group.addTask {
                        do {
                            try await database.write { transaction in
                                let parent = number % 4 == 0 ? 1_000 + number : 1
                                try transaction.run(
                                    "INSERT INTO wards (id, parent) VALUES (\(number), \(parent))")
                            }
                            return number % 4 != 0
                        } catch DatabaseError.constraint(kind: .foreignKey, _) {
                            return number % 4 == 0
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == Array(repeating: true, count: 40))
            #expect(try await database.read { try $0.first("SELECT count(*) FROM wards") { $0.int(0) } } == 30)
        },
    ]

    private static func makeFamily(_ database: any Database) async throws {
        try await database.restructure { transaction in
            try transaction.script(
                """
                CREATE TABLE parents (
                    id BIGINT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    age BIGINT CHECK (age >= 0)
                );
                CREATE TABLE children (id BIGINT NOT NULL PRIMARY KEY, parent BIGINT REFERENCES parents (id));
                CREATE TABLE wards (
                    id BIGINT NOT NULL PRIMARY KEY,
                    parent BIGINT REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
                );
                """)
            try transaction.run("INSERT INTO parents (id, name) VALUES (1, 'one')")
        }
    }

    private static func kind(_ database: any Database, _ sql: SQL) async -> DatabaseError.Constraint? {
        do {
            try await database.write { try $0.run(sql) }
            return nil
        } catch DatabaseError.constraint(let kind, _) {
            return kind
        } catch {
            Issue.record(error)
            return nil
        }
    }
}
