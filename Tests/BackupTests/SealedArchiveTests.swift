import Backup
import BlobStore
import Crypto
import Database
import Testing
import Vault
import VaultTesting

@Suite struct SealedArchiveTests {
    @Test func everyStoredContentAndRowIsInTheArchive() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        for (name, size) in [
            ("a.bin", 10), ("b.bin", 5_000), ("c.bin", 100_000), ("d.bin", 700_000), ("e.bin", 3 << 20),
        ] {
            _ = try await place.put(size, name, as: alex)
        }
        let summary = try await place.make(1)
        #expect(summary.files == 5)
        #expect(summary.volumes.count == 1)
        let archive = try await place.open(1)
        #expect(archive.manifestHash == summary.manifestHash)
        for (id, bytes) in try await place.storedContents() {
            let blob = try #require(try await archive.blob(id))
            #expect(try await blob.all(limit: 8 << 20) == bytes)
        }
        var nodes = 0
        try await archive.forEachBatch(of: "nodes") { rows in nodes += rows.count }
        let expected = try await place.world.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM nodes") { $0.int(0) }
        }
        #expect(nodes == expected)
        #expect(archive.manifest.table("file_keys") == nil)
        #expect(archive.manifest.table("sessions") == nil)
        await place.close()
    }

    @Test func contentsLargerThanAVolumeAreCutAndComeTogetherAgain() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        _ = try await place.put(9 << 20, "one.bin", as: alex)
        _ = try await place.put((20 << 20) + 1, "two.bin", as: alex)
        _ = try await place.put(300, "three.bin", as: alex)
        let summary = try await place.make(1, volume: BackupOrder.smallestVolume)
        #expect(summary.volumes.count > 1)
        #expect(summary.volumes.allSatisfy { $0.size <= BackupOrder.smallestVolume })
        let archive = try await place.open(1)
        for (id, bytes) in try await place.storedContents() {
            let blob = try #require(try await archive.blob(id))
            #expect(try await blob.all(limit: 64 << 20) == bytes)
        }
        await place.close()
    }

    @Test func anIncrementHoldsOnlyWhatItsChainLacksAndShowsAll() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        _ = try await place.put(400_000, "one.bin", as: alex)
        let full = try await place.make(1)
        _ = try await place.put(500_000, "two.bin", as: alex)
        let second = try await place.make(2, on: 1)
        _ = try await place.put(20, "three.bin", as: alex)
        let third = try await place.make(3, on: 2)
        #expect(full.blobs == 1)
        #expect(second.blobs == 1)
        #expect(third.blobs == 1)
        #expect(third.bytes < 2_000)
        let archive = try await place.open(3)
        #expect(archive.manifest.chain.map(\.id) == [ArchiveWorld.id(1), ArchiveWorld.id(2)])
        let contents = try await place.storedContents()
        #expect(contents.count == 3)
        for (id, bytes) in contents {
            let blob = try #require(try await archive.blob(id))
            #expect(try await blob.all(limit: 8 << 20) == bytes)
        }
        await place.close()
    }

    @Test func aFolderAndAFileAreArchivedWithNothingElse() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        let folder = try await place.world.vault.createFolder(
            try NodeName("Dossier"), in: nil, as: alex)
        let inside = try await place.world.put("inside", at: "in.txt", in: folder.id, as: alex)
        let outside = try await place.world.put("outside", at: "out.txt", as: alex)
        _ = try await place.make(1, of: .folder(folder.id, .folder))
        let archive = try await place.open(1)
        var ids: Set<NodeID> = []
        try await archive.forEachBatch(of: "nodes") { rows in
            for row in rows { if let id: NodeID = row.id("id") { ids.insert(id) } }
        }
        #expect(ids == [folder.id, inside.node.id])
        #expect(archive.manifest.table("accounts") == nil)
        let summary = try await place.make(2, of: .file(outside.node.id))
        #expect(summary.files == 1)
        #expect(summary.blobs == 1)
        await #expect(throws: ArchiveRefusal.nothingToBackUp) {
            _ = try await place.make(3, of: .file(NodeID(7)))
        }
        #expect(try await place.store.list(prefix: "\(ArchiveWorld.id(3))", after: nil, limit: 10).isEmpty)
        await place.close()
    }

    @Test func aContentMissingFromTheStoreFailsTheBackupAndNothingIsLeft() async throws {
        let place = try await ArchiveWorld()
        let alex = try await place.world.person()
        let saved = try await place.put(700_000, "one.bin", as: alex)
        try await place.world.blobs.delete(BlobKey(saved.version.blob.value))
        await #expect(throws: ArchiveRefusal.missingContent(saved.version.blob)) { _ = try await place.make(1) }
        #expect(try await place.store.list(prefix: "", after: nil, limit: 10).isEmpty)
        await place.close()
    }
}
