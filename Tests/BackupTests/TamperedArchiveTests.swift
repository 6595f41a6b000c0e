import Archive
import Backup
import BlobStore
import Crypto
import Database
import Foundation
import Testing
import Vault
import VaultTesting

/// Archives that somebody changed, or that are not whole.
@Suite struct TamperedArchiveTests {
    private func prepared() async throws -> ArchiveWorld {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        for (name, size) in [("a.bin", 10), ("b.bin", 60_000), ("c.bin", 400_000)] {
            _ = try await place.put(size, name, as: alex)
        }
        return place
    }

    private func path(_ place: ArchiveWorld, _ number: UInt128, volume: Int = 1) -> String {
        "\(place.store.place)/\(ArchiveWorld.id(number))/000\(volume).zip"
    }

    private func verify(_ place: ArchiveWorld, _ number: UInt128) async throws -> ArchiveReport {
        try await VerifyArchive(core: place.world.core, journal: place.world.journal).run(
            ArchiveWorld.id(number), in: place.store)
    }

    /// Where each entry's bytes lie in a volume.
    private func entries(_ path: String) throws -> [(name: String, range: Range<Int>)] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let directory = try ZIPDirectory(of: MemoryInput(bytes))
        return directory.entries.map { entry in
            let head = Int(entry.headerOffset)
            let start =
                head + 30 + Int(bytes[head + 26]) + Int(bytes[head + 27]) << 8 + Int(bytes[head + 28])
                + Int(bytes[head + 29]) << 8
            return (String(decoding: entry.rawName, as: UTF8.self), start..<start + Int(entry.size))
        }
    }

    private func flip(_ path: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[offset] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    @Test func anUntouchedArchiveIsSoundAndProven() async throws {
        let place = try await prepared()
        _ = try await place.make(1)
        _ = try await place.make(2, on: 1)
        for number: UInt128 in [1, 2] {
            let report = try await verify(place, number)
            #expect(report.isSound, "\(report.findings)")
            #expect(report.contents == 3)
            let drill = try await DrillArchive(core: place.world.core).run(ArchiveWorld.id(number), in: place.store)
            #expect(drill.isSound, "\(drill.findings)")
            #expect(drill.proven == 3)
        }
        await place.close()
    }

    @Test func everyChangedEntryIsNamed() async throws {
        let place = try await prepared()
        _ = try await place.make(1)
        let file = path(place, 1)
        let all = try entries(file)
        #expect(all.contains { $0.name.hasPrefix("packs/") } && all.contains { $0.name.hasPrefix("blobs/") })
        for (name, range) in all where name != "LISEZMOI-README.txt" {
            try flip(file, at: range.lowerBound + range.count / 2)
            let report = try await verify(place, 1)
            #expect(!report.isSound, "\(name)")
            let named = report.findings.contains { finding in
                switch finding {
                case .refused(.alteredEntry(let entry, _)): entry == name
                case .refused(.alteredManifest), .refused(.wrongKeys): name == "manifest"
                default: false
                }
            }
            #expect(named, "\(name): \(report.findings)")
            try flip(file, at: range.lowerBound + range.count / 2)
        }
        #expect(try await verify(place, 1).isSound)
        await place.close()
    }

    @Test func aVolumeThatIsCutOffOrGoneIsNamed() async throws {
        let place = try await prepared()
        let alex = try await place.world.person("Sam", "Stone")
        _ = try await place.put(20 << 20, "large.bin", as: alex)
        _ = try await place.make(1, volume: BackupOrder.smallestVolume)
        let first = path(place, 1)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: first))
        try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: first))
        var report = try await verify(place, 1)
        #expect(report.findings.contains(.refused(.damagedVolume("\(ArchiveWorld.id(1))/0001.zip"))))
        try FileManager.default.removeItem(atPath: first)
        report = try await verify(place, 1)
        #expect(report.findings.contains(.refused(.missingVolume("\(ArchiveWorld.id(1))/0001.zip"))))
        try bytes.write(to: URL(fileURLWithPath: first))
        #expect(try await verify(place, 1).isSound)
        // Without its last volume it has no manifest.
        try FileManager.default.removeItem(atPath: path(place, 1, volume: 2))
        report = try await verify(place, 1)
        #expect(report.findings == [.refused(.incomplete(ArchiveWorld.id(1)))])
        await place.close()
    }

    @Test func aManifestOfAnotherBackupAnotherVaultOrANewerFormatIsRefused() async throws {
        let place = try await prepared()
        _ = try await place.make(1)
        _ = try await place.make(2)
        let (one, two) = (path(place, 1), path(place, 2))
        let kept = try Data(contentsOf: URL(fileURLWithPath: one))
        try Data(contentsOf: URL(fileURLWithPath: two)).write(to: URL(fileURLWithPath: one))
        await #expect(throws: ArchiveRefusal.anotherBackup(expected: ArchiveWorld.id(1), found: ArchiveWorld.id(2))) {
            _ = try await place.open(1)
        }
        try kept.write(to: URL(fileURLWithPath: one))
        let manifest = try #require(try entries(one).first { $0.name == "manifest" })
        var newer = kept
        newer[manifest.range.lowerBound + 17] = 9
        try newer.write(to: URL(fileURLWithPath: one))
        await #expect(throws: ArchiveRefusal.newerFormat(9)) { _ = try await place.open(1) }
        try kept.write(to: URL(fileURLWithPath: one))

        let foreign = try TemporaryDirectory()
        let other = try FileKeyProvider(directory: foreign.path).create(vaultID: 99)
        await #expect(throws: ArchiveRefusal.foreignVault) {
            _ = try await SealedArchive.open(ArchiveWorld.id(1), in: place.store, keys: ArchiveKeys(other))
        }
        let namesake = try TemporaryDirectory()
        let same = try FileKeyProvider(directory: namesake.path).create(vaultID: place.world.ring.vaultID)
        await #expect(throws: ArchiveRefusal.wrongKeys) {
            _ = try await SealedArchive.open(ArchiveWorld.id(1), in: place.store, keys: ArchiveKeys(same))
        }
        await place.close()
    }

    @Test func anIncrementOnAnotherArchiveThanItsOwnIsNoted() async throws {
        let place = try await prepared()
        _ = try await place.make(1)
        _ = try await place.make(2, on: 1)
        // Made anew under the same name: the same contents, another archive.
        _ = try await place.make(1)
        let report = try await verify(place, 2)
        #expect(report.findings.contains(.refused(.brokenChain(ArchiveWorld.id(1)))))
        await place.close()
    }

    @Test func ofARewrittenJournalTheArchiveTells() async throws {
        let place = try await prepared()
        _ = try await place.make(1)
        try await place.world.database.write { transaction in
            try transaction.run("DROP TRIGGER IF EXISTS journal_leaves_are_never_updated")
            for trigger in try transaction.all(
                "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('journal_leaves', 'journal_nodes')",
                { $0.text(0) })
            {
                try transaction.script(text: "DROP TRIGGER \(trigger)")
            }
            try transaction.run(
                "UPDATE journal_leaves SET hash = \([UInt8](repeating: 7, count: 32)) WHERE leaf_index = 1")
            try transaction.run("DELETE FROM journal_nodes")
        }
        let report = try await verify(place, 1)
        #expect(
            report.findings.contains { finding in
                if case .journalDiffers = finding { true } else { false }
            }, "\(report.findings)")
        await place.close()
    }

    @Test func aShreddedFileIsInNoDrillAndBreaksNone() async throws {
        let place = try await prepared()
        let sam = try await place.world.person("Sam", "Stone")
        let saved = try await place.put(90_000, "secret.bin", as: sam)
        _ = try await place.make(1)
        _ = try await place.world.vault.trash.put(saved.node.id, as: sam)
        _ = try await place.world.vault.purge(saved.node.id, as: sam)
        let drill = try await DrillArchive(core: place.world.core).run(
            ArchiveWorld.id(1), in: place.store, sample: nil)
        #expect(drill.isSound, "\(drill.findings)")
        #expect(drill.proven == 3)
        #expect(drill.shredded == 1)
        await place.close()
    }
}
