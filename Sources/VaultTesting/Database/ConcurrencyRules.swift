import Database
import Glibc
import Synchronization
import Testing

extension DatabaseContract {
    static let concurrencyRules: [DatabaseRule] = [
        DatabaseRule("sixty-four writers at once lose nothing") { database in
            try await makeShelf(database)
            try await database.write { try $0.run("INSERT INTO shelf (id, number) VALUES (0, 0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        for _ in 0..<20 {
                            try await database.write { try $0.run("UPDATE shelf SET number = number + 1") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let total = try await database.read { try $0.first("SELECT number FROM shelf") { $0.int(0) } }
            #expect(total == 64 * 20)
        },
        DatabaseRule("transactions that fail take no other down with them") { database in
            try await makeShelf(database)
            let failures = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            try await database.write { transaction in
                                try transaction.run("INSERT INTO shelf (id) VALUES (\(number))")
                                switch number % 5 {
                                case 0: throw Mishap()
                                case 1: try transaction.run("INSERT INTO shelf (id) VALUES (\(number))")
                                case 2: try transaction.run("not a statement")
                                default: break
                                }
                            }
                            return false
                        } catch {
                            return true
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failures == 120)
            let kept = try await database.read { try $0.all("SELECT id FROM shelf ORDER BY id") { $0.int(0) } }
            #expect(kept == (0..<200).filter { $0 % 5 > 2 })
        },
        DatabaseRule("of hundreds of readings that queue up every one is answered") { database in
            let callers = 300
            let asked = Count()
            let answered = try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<callers {
                    group.addTask {
                        asked.add()
                        // The first readings hold the threads until all the others are queued, or about to be.
                        try await database.read { _ in
                            while asked.value < callers { sched_yield() }
                        }
                    }
                }
                var count = 0
                for try await _ in group { count += 1 }
                return count
            }
            #expect(answered == callers)
        },
        DatabaseRule("readers never see half a transaction") { database in
            try await makeShelf(database)
            try await database.write { try $0.run("INSERT INTO shelf (id, number) VALUES (1, 500), (2, 500)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<4 {
                    group.addTask {
                        for amount in 1...50 {
                            try await database.write { transaction in
                                try transaction.run(
                                    "UPDATE shelf SET number = number - \(amount) WHERE id = \(1 + caller % 2)")
                                try transaction.run(
                                    "UPDATE shelf SET number = number + \(amount) WHERE id = \(2 - caller % 2)")
                            }
                        }
                    }
                    group.addTask {
                        for _ in 0..<50 {
                            let sum = try await database.read {
                                try $0.first("SELECT sum(number) FROM shelf") { $0.int(0) }
                            }
                            #expect(sum == 1000)
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        DatabaseRule("a snapshot stays as it was while others write") { database in
            try await makeShelf(database)
            try await database.write { try $0.run("INSERT INTO shelf (id) VALUES (1)") }
            let opened = Atomic(false)
            let written = Atomic(false)
            async let counts = database.read { snapshot in
                let before = try snapshot.first("SELECT count(*) FROM shelf") { $0.int(0) }
                opened.store(true, ordering: .releasing)
                while !written.load(ordering: .acquiring) { sched_yield() }
                let after = try snapshot.first("SELECT count(*) FROM shelf") { $0.int(0) }
                return [before, after]
            }
            while !opened.load(ordering: .acquiring) { await Task.yield() }
            try await database.write { try $0.run("INSERT INTO shelf (id) VALUES (2)") }
            // Another reading is not held up and sees the new row.
            #expect(try await database.read { try $0.first("SELECT count(*) FROM shelf") { $0.int(0) } } == 2)
            written.store(true, ordering: .releasing)
            #expect(try await counts == [1, 1])
        },
        DatabaseRule("a caller cancelled while it waits still gets its result") { database in
            try await makeShelf(database)
            let tasks = (0..<50).map { number in
                Task { try await database.write { try $0.run("INSERT INTO shelf (id) VALUES (\(number))") } }
            }
            for task in tasks { task.cancel() }
            for task in tasks { #expect(try await task.value == 1) }
            #expect(try await database.read { try $0.first("SELECT count(*) FROM shelf") { $0.int(0) } } == 50)
        },
        DatabaseRule("closing ends what was queued, and later callers are told") { database in
            try await makeShelf(database)
            let tasks = (0..<50).map { number in
                Task { try await database.write { try $0.run("INSERT INTO shelf (id) VALUES (\(number))") } }
            }
            await database.close()
            for task in tasks {
                switch await task.result {
                case .success(let rows): #expect(rows == 1)
                case .failure(let error): #expect(error as? DatabaseError == .closed)
                }
            }
            await #expect(throws: DatabaseError.closed) { try await database.write { try $0.run("DELETE FROM shelf") } }
            await #expect(throws: DatabaseError.closed) { try await database.read { try $0.exists("SELECT 1") } }
            await #expect(throws: DatabaseError.closed) { try await database.restructure { _ in } }
            await database.close()
        },
    ]
}

private final class Count: Sendable {
    private let storage = Atomic<Int>(0)
    var value: Int { storage.load(ordering: .sequentiallyConsistent) }
    func add() { storage.add(1, ordering: .sequentiallyConsistent) }
}
