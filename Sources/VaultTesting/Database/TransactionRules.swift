import Database
import Synchronization
import Testing

extension DatabaseContract {
    /// A failure of the caller's own.
    struct Mishap: Error, Equatable {}

    static let transactionRules: [DatabaseRule] = [
        DatabaseRule("what was written is read by the next reader") { database in
            try await makeShelf(database)
            for number in 0..<200 {
                try await database.write { try $0.run("INSERT INTO shelf (id) VALUES (\(number))") }
                let count = try await database.read { try $0.first("SELECT count(*) FROM shelf") { $0.int(0) } }
                #expect(count == number + 1)
            }
        },
        DatabaseRule("a transaction that throws leaves nothing and hands its error on") { database in
            try await makeShelf(database)
            await #expect(throws: Mishap()) {
                try await database.write { transaction in
                    try transaction.run("INSERT INTO shelf (id) VALUES (\(1))")
                    throw Mishap()
                }
            }
            #expect(try await database.read { try $0.exists("SELECT 1 FROM shelf") } == false)
        },
        DatabaseRule("an attempt that fails is undone alone") { database in
            try await makeShelf(database)
            try await database.write { transaction in
                try transaction.run("INSERT INTO shelf (id) VALUES (\(1))")
                try transaction.attempt { inner in
                    try inner.run("INSERT INTO shelf (id) VALUES (\(2))")
                    try? inner.attempt { innermost in
                        try innermost.run("INSERT INTO shelf (id) VALUES (\(3))")
                        try innermost.run("INSERT INTO shelf (id) VALUES (\(1))")
                    }
                }
                #expect(throws: Mishap()) {
                    try transaction.attempt { inner in
                        try inner.run("INSERT INTO shelf (id) VALUES (\(4))")
                        throw Mishap()
                    }
                }
                try transaction.run("INSERT INTO shelf (id) VALUES (\(5))")
            }
            let kept = try await database.read { try $0.all("SELECT id FROM shelf ORDER BY id") { $0.int(0) } }
            #expect(kept == [1, 2, 5])
        },
        DatabaseRule("the rows a statement changed are counted") { database in
            try await makeShelf(database)
            let counts = try await database.write { transaction in
                [
                    try transaction.run("INSERT INTO shelf (id, number) VALUES (1, 1), (2, 1), (3, 2)"),
                    try transaction.run("UPDATE shelf SET number = \(7) WHERE number = \(1)"),
                    try transaction.run("UPDATE shelf SET number = \(7) WHERE number = \(99)"),
                    try transaction.run("INSERT INTO shelf (id) VALUES (\(1)) ON CONFLICT DO NOTHING"),
                    try transaction.run("DELETE FROM shelf WHERE id > \(1)"),
                ]
            }
            #expect(counts == [3, 2, 0, 0, 2])
        },
        DatabaseRule("RETURNING gives a row back and the change is complete") { database in
            try await makeShelf(database)
            let first = try await database.write { transaction in
                try transaction.run("INSERT INTO shelf (id, number) VALUES (1, 1), (2, 2), (3, 3)")
                return try transaction.first("UPDATE shelf SET number = number + 10 RETURNING number") { $0.int(0) }
            }
            #expect(first.map { $0 > 10 } == true)
            let sum = try await database.read { try $0.first("SELECT sum(number) FROM shelf") { $0.int(0) } }
            #expect(sum == 36)
        },
        DatabaseRule("reading stops where it is told, and the same statement may run inside itself") { database in
            try await makeShelf(database)
            let seen = try await database.write { transaction in
                for number in 1...5 { try transaction.run("INSERT INTO shelf (id) VALUES (\(number))") }
                var seen: [Int] = []
                for _ in 0..<2 {
                    try transaction.forEach("SELECT id FROM shelf WHERE id >= \(1) ORDER BY id") { row in
                        seen.append(row.int(0))
                        let inner = try transaction.all("SELECT id FROM shelf WHERE id >= \(1) ORDER BY id") {
                            $0.int(0)
                        }
                        #expect(inner == [1, 2, 3, 4, 5])
                        return row.int(0) == 3 ? .stop : .more
                    }
                }
                return seen
            }
            #expect(seen == [1, 2, 3, 1, 2, 3])
        },
        DatabaseRule("all rows of one transaction carry one time") { database in
            try await makeShelf(database)
            let times = try await database.write { transaction in
                try transaction.run("INSERT INTO shelf (id, number) VALUES (\(1), \(transaction.now))")
                try transaction.run("INSERT INTO shelf (id, number) VALUES (\(2), \(transaction.now))")
                return try transaction.all("SELECT DISTINCT number FROM shelf") { $0.timestamp(0) }
            }
            #expect(times.count == 1)
        },
        DatabaseRule("what waits for the commit runs once, before the caller goes on, and only after a commit") {
            database in
            try await makeShelf(database)
            let notes = Mutex<[String]>([])
            try await database.write { transaction in
                transaction.afterCommit { notes.withLock { $0.append("kept") } }
                try? transaction.attempt { inner in
                    inner.afterCommit { notes.withLock { $0.append("undone") } }
                    throw Mishap()
                }
                #expect(notes.withLock { $0 } == [])
            }
            #expect(notes.withLock { $0 } == ["kept"])
            await #expect(throws: Mishap()) {
                try await database.write { transaction in
                    transaction.afterCommit { notes.withLock { $0.append("rolled back") } }
                    throw Mishap()
                }
            }
            #expect(notes.withLock { $0 } == ["kept"])
        },
        DatabaseRule("the count of commits has grown when a writer's caller goes on") { database in
            try await makeShelf(database)
            for number in 0..<20 {
                let before = database.commitCount
                try await database.write { try $0.run("INSERT INTO shelf (id) VALUES (\(number))") }
                #expect(database.commitCount > before)
            }
        },
        DatabaseRule("a snapshot cannot write") { database in
            try await makeShelf(database)
            await #expect(throws: DatabaseError.self) {
                try await database.read { try $0.first("INSERT INTO shelf (id) VALUES (1) RETURNING id") { $0.int(0) } }
            }
            #expect(try await database.read { try $0.exists("SELECT 1 FROM shelf") } == false)
        },
        DatabaseRule("a mistake in a statement names the statement and no value") { database in
            let secret = "a value nobody should see"
            do {
                try await database.write { try $0.run("UPDATE missing SET label = \(secret)") }
                Issue.record("the statement should have failed")
            } catch let error as DatabaseError {
                #expect(error.description.contains("UPDATE missing SET label = $1"))
                #expect(!error.description.contains(secret))
            }
        },
    ]
}
