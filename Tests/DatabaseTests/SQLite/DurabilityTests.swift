import Testing

@testable import Database

@Suite struct DurabilityTests {
    /// The power goes at any moment while eight callers write; what was acknowledged before is there
    /// afterwards, whole transactions only, and the file is sound.
    @Test(arguments: 0..<6)
    func whatWasAcknowledgedSurvivesLossOfPower(_ round: UInt64) async throws {
        let seed = round &* 1_000_003 &+ UInt64.random(in: 0..<1_000_000)
        let disk = SimulatedDisk()
        let bench = try Workbench()
        let database = try bench.open(disk)
        try await database.makeNotes()
        let history = Shared(History(seed: seed))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    for number in 0..<25 {
                        let id = number * 8 + caller
                        try await database.write { transaction in
                            let body = [UInt8](repeating: UInt8(truncatingIfNeeded: id), count: 100 + id * 37 % 5_000)
                            try transaction.run("INSERT INTO notes (id, body) VALUES (\(2 * id), \(body))")
                            try transaction.run("INSERT INTO notes (id, twin) VALUES (\(2 * id + 1), \(2 * id))")
                        }
                        history.change { $0.acknowledged(id, disk) }
                    }
                }
            }
            try await group.waitForAll()
        }
        await database.close()

        for loss in history.value.losses {
            let morning = try Workbench()
            for (name, bytes) in loss.files where name != "vault.db-shm" { try morning.write(bytes, to: name) }
            let recovered = try morning.open()
            let found = Set(try await recovered.noteIDs())
            #expect(loss.promised.allSatisfy { found.contains(2 * $0) }, "seed \(seed)")
            #expect(found.allSatisfy { found.contains($0 ^ 1) }, "half a transaction, seed \(seed)")
            #expect(try await recovered.integrityCheck() == [], "seed \(seed)")
            await recovered.close()
        }
    }

    /// What callers were promised, and what the disk held at some moments in between.
    private struct History: Sendable {
        struct Loss: Sendable {
            let promised: Set<Int>
            let files: [String: [UInt8]]
        }

        var losses: [Loss] = []
        private var promised: Set<Int> = []
        private var generator: SeededGenerator

        init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

        mutating func acknowledged(_ id: Int, _ disk: SimulatedDisk) {
            promised.insert(id)
            guard Int.random(in: 0..<25, using: &generator) == 0 else { return }
            losses.append(Loss(promised: promised, files: disk.contentsAfterPowerLoss(using: &generator)))
        }
    }

    @Test func aFullDiskFailsTheWriteAndTheDatabaseGoesOn() async throws {
        let disk = SimulatedDisk()
        let bench = try Workbench()
        let database = try bench.open(disk)
        try await database.makeNotes()
        try await database.write { try $0.run("INSERT INTO notes (id) VALUES (1)") }

        disk.fail(.full)
        await #expect(throws: DatabaseError.full) {
            try await database.write { try $0.run("INSERT INTO notes (id) VALUES (2)") }
        }
        #expect(try await database.noteIDs() == [1])

        disk.fail(nil)
        try await database.write { try $0.run("INSERT INTO notes (id) VALUES (3)") }
        #expect(try await database.noteIDs() == [1, 3])
        #expect(try await database.integrityCheck() == [])
        await database.close()
    }

    /// Large enough that SQLite writes before the commit, and gives the whole transaction up by itself.
    @Test func aDiskFullInTheMiddleOfATransactionUndoesAllOfIt() async throws {
        let disk = SimulatedDisk()
        let bench = try Workbench()
        let database = try bench.open(disk)
        try await database.makeNotes()
        disk.fail(.full, after: 3)
        await #expect(throws: DatabaseError.full) {
            try await database.write { transaction in
                for number in 0..<40 {
                    let body = [UInt8](repeating: 1, count: 1_000_000)
                    try transaction.run("INSERT INTO notes (id, body) VALUES (\(number), \(body))")
                }
            }
        }
        disk.fail(nil)
        #expect(try await database.noteIDs() == [])
        try await database.write { try $0.run("INSERT INTO notes (id) VALUES (3)") }
        #expect(try await database.noteIDs() == [3])
        await database.close()
    }

    @Test func aTransactionTooLargeForTheDiskDoesNotTakeItsNeighboursDown() async throws {
        let bench = try Workbench()
        let database = try bench.open()
        try await database.makeNotes()
        try await database.restructure { _ = try $0.first("PRAGMA max_page_count = 2000") { $0.int(0) } }
        let outcomes = await withTaskGroup(of: (Int, DatabaseError?).self) { group in
            for number in 0..<60 {
                group.addTask {
                    do {
                        try await database.write { transaction in
                            let body = [UInt8](repeating: 1, count: number == 30 ? 20_000_000 : 10)
                            try transaction.run("INSERT INTO notes (id, body) VALUES (\(number), \(body))")
                        }
                        return (number, nil)
                    } catch {
                        return (number, error as? DatabaseError)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for (number, failure) in outcomes { #expect(failure == (number == 30 ? .full : nil)) }
        #expect(try await database.noteIDs() == (0..<60).filter { $0 != 30 })
        await database.close()
    }

    /// On a real file system that is full, where one may be mounted.
    @Test(.enabled("no file system can be mounted here") { SmallDisk.isAllowed })
    func aFileSystemThatIsFullFailsWritesUntilThereIsRoom() async throws {
        let disk = try SmallDisk()
        let database = try SQLiteDatabase(path: "\(disk.path)/vault.db", clock: FixedClock())
        try await database.makeNotes()
        var kept: [Int] = []
        await #expect(throws: DatabaseError.full) {
            for number in 0..<10_000 {
                let body = [UInt8](repeating: 1, count: 50_000)
                try await database.write { try $0.run("INSERT INTO notes (id, body) VALUES (\(number), \(body))") }
                kept.append(number)
            }
        }
        #expect(!kept.isEmpty)
        #expect(try await database.noteIDs() == kept)
        await #expect(throws: DatabaseError.full) {
            let body = [UInt8](repeating: 1, count: 500_000)
            try await database.write { try $0.run("INSERT INTO notes (id, body) VALUES (-1, \(body))") }
        }

        try disk.enlarge()
        try await database.write { try $0.run("INSERT INTO notes (id) VALUES (\(99_999))") }
        #expect(try await database.noteIDs() == kept + [99_999])
        #expect(try await database.integrityCheck() == [])
        await database.close()
    }

    @Test(arguments: 0..<25)
    func aBrokenDiskFailsWritesAndLosesNothingOlder(_ writesBefore: Int) async throws {
        let disk = SimulatedDisk()
        let bench = try Workbench()
        let database = try bench.open(disk)
        try await database.makeNotes()
        for number in 0..<5 { try await database.write { try $0.run("INSERT INTO notes (id) VALUES (\(number))") } }

        disk.fail(.broken, after: writesBefore)
        var kept = Array(0..<5)
        for number in 5..<25 {
            do {
                try await database.write { try $0.run("INSERT INTO notes (id) VALUES (\(number))") }
                kept.append(number)
            } catch {
                #expect(error as? DatabaseError == .io)
            }
        }
        disk.fail(nil)
        try await database.write { try $0.run("INSERT INTO notes (id) VALUES (\(99))") }
        #expect(try await database.noteIDs() == kept + [99])
        #expect(try await database.integrityCheck() == [])
        await database.close()
    }

    @Test func everyAcknowledgedWriteWasSynced() async throws {
        let disk = SimulatedDisk()
        let bench = try Workbench()
        let database = try bench.open(disk)
        try await database.makeNotes()
        for number in 0..<20 {
            let before = disk.syncs
            try await database.write { try $0.run("INSERT INTO notes (id) VALUES (\(number))") }
            #expect(disk.syncs > before)
        }
        await database.close()
    }
}
