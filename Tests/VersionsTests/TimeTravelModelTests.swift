import Database
import Testing
import Vault
import VaultTesting

@testable import Versions

/// Random lives of a drive, remembered moment by moment: the past must show what was, and restoring must bring it back.
@Suite struct TimeTravelModelTests {
    private struct Life {
        let drive: TimedDrive
        var random: SeededGenerator
        var folders: [NodeID?] = [nil]
        var files: [NodeID] = []
        var trashed: [NodeID] = []

        private mutating func name() -> String {
            ["a", "b", "c", "d (1)", "d", "e.txt"].randomElement(using: &random) ?? "a"
        }

        /// One act; refusals are part of life.
        mutating func act() async throws {
            let (world, alex) = (drive.world, drive.alex)
            let name = name()
            let folder = folders.randomElement(using: &random) ?? nil
            let text = "\(UInt32.random(in: 0...UInt32.max, using: &random))"
            let nodes = files + folders.compactMap { $0 }
            do {
                switch Int.random(in: 0..<12, using: &random) {
                case 0, 1: files.append(try await world.put(text, at: name, in: folder, as: alex).node.id)
                case 2: folders.append(try await drive.folder(name, in: folder))
                case 3, 4, 5:
                    if let file = files.randomElement(using: &random) {
                        _ = try await world.vault.save(
                            SaveRequest(target: .file(file)), .bytes(Array(text.utf8)), as: alex)
                    }
                case 6, 7: if let node = nodes.randomElement(using: &random) { try await drive.rename(node, name) }
                case 8, 9:
                    if let node = nodes.randomElement(using: &random) {
                        _ = try await world.vault.move(node, to: folder, as: alex)
                    }
                case 10:
                    if let node = nodes.randomElement(using: &random) {
                        _ = try await world.vault.trash.put(node, as: alex)
                        trashed.append(node)
                    }
                default:
                    if let node = trashed.randomElement(using: &random) {
                        _ = try await world.vault.trash.restore(node, as: alex)
                    }
                }
            } catch is VaultError {}
        }
    }

    @Test(arguments: 0..<4)
    func aDriveComesBackAsItWasAtAnyMoment(_ round: Int) async throws {
        let seed = TestSeed.fromEnvironment ?? UInt64.random(in: 0...UInt64.max)
        print("TimeTravelModelTests \(round), seed: \(seed)")
        let drive = try await TimedDrive()
        var life = Life(drive: drive, random: SeededGenerator(seed: seed))
        var memories: [(moment: Timestamp, tree: [String: String])] = []
        for _ in 0..<12 {
            for _ in 0..<8 { try await life.act() }
            let moment = drive.moment()
            memories.append((moment, try await drive.tree()))
        }
        for memory in memories { #expect(try await drive.past(at: memory.moment) == memory.tree, "seed \(seed)") }
        for _ in 0..<6 {
            let memory = try #require(memories.randomElement(using: &life.random))
            let report = try await drive.restore(to: memory.moment, newer: .trash)
            #expect(report.restore.state == .completed)
            #expect(report.counts.refused == 0, "seed \(seed): \(report.counts)")
            #expect(try await drive.tree() == memory.tree, "seed \(seed)")
            // The restore is history, too.
            let now = drive.moment()
            #expect(try await drive.past(at: now) == memory.tree, "seed \(seed)")
            for _ in 0..<5 { try await life.act() }
            memories.append((drive.moment(), try await drive.tree()))
        }
        for memory in memories { #expect(try await drive.past(at: memory.moment) == memory.tree, "seed \(seed)") }
        try await Self.checkUsage(drive)
        await drive.close()
    }

    /// The ledger of the quota agrees with the rows, and nothing in the trash is without a root that can be seen.
    private static func checkUsage(_ drive: TimedDrive) async throws {
        try await drive.world.database.read { snapshot in
            let counted = try snapshot.all(
                """
                SELECT trashed, CAST(SUM(files) AS BIGINT), CAST(SUM(bytes) AS BIGINT) FROM space_usage
                WHERE space_id = \(drive.alex.space) GROUP BY trashed HAVING SUM(files) > 0 ORDER BY trashed
                """
            ) { [$0.integer(0), $0.integer(1), $0.integer(2)] }
            let held = try snapshot.all(
                """
                SELECT state, COUNT(*), CAST(SUM(size) AS BIGINT) FROM nodes
                WHERE space_id = \(drive.alex.space) AND kind = 0 AND state < 2 GROUP BY state ORDER BY state
                """
            ) { [$0.integer(0), $0.integer(1), $0.integer(2)] }
            #expect(counted == held)
            let lost = try snapshot.first(
                """
                SELECT COUNT(*) FROM nodes n LEFT JOIN nodes r ON r.id = n.trash_root
                WHERE n.state = 1 AND (r.id IS NULL OR r.state <> 1 OR r.trash_root <> r.id)
                """
            ) { $0.int(0) }
            #expect(lost == 0)
        }
    }
}
