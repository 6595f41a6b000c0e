import BlobStore
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct UsageTests {
    /// The ledger against a recount from the nodes themselves, over random acts.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func theLedgerEqualsWhatTheTreeHolds(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let world = try await World()
        let alex = try await world.person()
        var files: [NodeID] = []
        var folders: [NodeID?] = [nil]
        var trashed: [NodeID] = []
        for step in 0..<120 {
            do {
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    let parent = folders.randomElement(using: &random) ?? nil
                    folders.append(
                        try await world.vault.createFolder(try NodeName("d\(step)"), in: parent, as: alex).id)
                case 1, 2, 3:
                    let name =
                        ["a.pdf", "b.png", "c.mp4", "d.xlsx", "e\(step).bin"].randomElement(using: &random) ?? "z"
                    let size = Int.random(in: 0..<5_000, using: &random)
                    let parent = folders.randomElement(using: &random) ?? nil
                    files.append(
                        try await world.put(String(repeating: "x", count: size), at: name, in: parent, as: alex).node.id
                    )
                case 4:
                    guard let node = (files + folders.compactMap { $0 }).randomElement(using: &random) else { continue }
                    _ = try await world.vault.trash.put(node, as: alex)
                    trashed.append(node)
                case 5:
                    guard let node = trashed.randomElement(using: &random) else { continue }
                    _ = try await world.vault.trash.restore(node, as: alex)
                case 6:
                    guard let node = trashed.randomElement(using: &random) else { continue }
                    _ = try await world.vault.purge(node, as: alex)
                default:
                    guard let node = files.randomElement(using: &random) else { continue }
                    _ = try await world.vault.rename(node, to: try NodeName("r\(step).pdf"), as: alex)
                }
            } catch is VaultError {
                // Random acts on what is already gone are refused, as they should be.
            }
            let usage = try await world.vault.accounts.usage(of: alex)
            let recount = try await world.database.read { snapshot in
                try snapshot.all(
                    """
                    SELECT category, state, COUNT(*), CAST(SUM(size) AS BIGINT) FROM nodes
                    WHERE space_id = \(alex.space) AND kind = 0 AND state < 2 GROUP BY category, state
                    """
                ) { row in (row.integer(0), row.integer(1), row.integer(2), row.integer(3)) }
            }
            for category in FileCategory.allCases {
                let share = recount.first { $0.0 == category.rawValue && $0.1 == 0 }
                #expect(usage.live[category]?.bytes ?? 0 == share?.3 ?? 0, "seed \(seed), step \(step)")
                #expect(usage.live[category]?.files ?? 0 == share?.2 ?? 0, "seed \(seed), step \(step)")
            }
            #expect(
                usage.trashed.bytes == recount.filter { $0.1 == 1 }.reduce(0) { $0 + $1.3 },
                "seed \(seed), step \(step)")
        }
        await world.close()
    }
}

@Suite struct HousekeepingTests {
    @Test func orphansGoAfterTheGraceAndNothingElseDoes() async throws {
        var settings = VaultSettings()
        settings.orphanGrace = 3_600_000
        let blobs = MemoryBlobStore()
        let world = try await World(blobs: blobs, settings: settings)
        let alex = try await world.person()
        let large = try await world.put(String(repeating: "x", count: 100_000), at: "a.txt", as: alex)
        _ = try await world.core.sealer.seal(.bytes([UInt8](repeating: 1, count: 100_000)), for: NodeID(1))
        #expect(try await blobs.list(after: nil, limit: 10).count == 2)
        let report = try await world.vault.housekeeping.collectOrphans(now: Timestamp(milliseconds: .max / 2))
        #expect(report.blobs == 1)
        #expect(try await blobs.list(after: nil, limit: 10).map(\.key) == [BlobKey(large.version.blob.value)])
        await world.close()
    }
}
