import BlobStore
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct TrashTests {
    @Test func aTrashedFolderTakesItsContentsAndBringsThemBack() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let file = try await world.put("hello", at: "a.txt", in: folder.id, as: alex)
        _ = try await world.vault.trash.put(folder.id, as: alex)
        #expect(try await world.vault.listFolder(nil, as: alex).total == 0)
        await #expect(throws: VaultError.notFound(.file)) { try await world.text(of: file.node.id, as: alex) }
        let list = try await world.vault.trash.list(limit: 10, as: alex)
        #expect(list.total == 1)
        #expect(list.items.map(\.bytes) == [5])
        let restored = try await world.vault.trash.restore(folder.id, as: alex)
        #expect(restored.place == .original)
        #expect(try await world.text(of: file.node.id, as: alex) == "hello")
        await world.close()
    }

    @Test func whatWasTrashedBeforeItsFolderStaysInTheTrash() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let file = try await world.put("hello", at: "a.txt", in: folder.id, as: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        _ = try await world.vault.trash.put(folder.id, as: alex)
        #expect(try await world.vault.trash.list(limit: 10, as: alex).total == 2)
        _ = try await world.vault.trash.restore(folder.id, as: alex)
        #expect(try await world.vault.trash.list(limit: 10, as: alex).items.map(\.node.name.text) == ["a.txt"])
        await world.close()
    }

    @Test func aFileWhoseFolderIsGoneComesBackAtTheRoot() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let file = try await world.put("hello", at: "a.txt", in: folder.id, as: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        _ = try await world.vault.trash.put(folder.id, as: alex)
        _ = try await world.vault.purge(folder.id, as: alex)
        let restored = try await world.vault.trash.restore(file.node.id, as: alex)
        #expect(restored.place == .root)
        #expect(restored.node.isAtTop)
        await world.close()
    }

    @Test func aNameTakenMeanwhileGetsANumber() async throws {
        let world = try await World()
        let alex = try await world.person()
        let old = try await world.put("old", at: "a.txt", as: alex)
        _ = try await world.vault.trash.put(old.node.id, as: alex)
        try await world.put("new", at: "a.txt", as: alex)
        #expect(try await world.vault.trash.restore(old.node.id, as: alex).node.name.text == "a (1).txt")
        await world.close()
    }

    @Test func onlyWhatIsInTheTrashCanBeRestoredOrPurged() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("x", at: "a.txt", as: alex)
        await #expect(throws: VaultError.notInTrash) { try await world.vault.trash.restore(file.node.id, as: alex) }
        await #expect(throws: VaultError.notInTrash) { try await world.vault.purge(file.node.id, as: alex) }
        await #expect(throws: VaultError.notInTrash) { try await world.vault.purge(NodeID(5), as: alex) }
        await world.close()
    }

    @Test func purgingShredsKeysContentAndNames() async throws {
        let blobs = MemoryBlobStore()
        let world = try await World(blobs: blobs)
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let small = try await world.put("small", at: "a.txt", in: folder.id, as: alex)
        let large = try await world.put(
            String(repeating: "large ", count: 20_000), at: "b.txt", in: folder.id, as: alex)
        _ = try await world.vault.trash.put(folder.id, as: alex)
        let report = try await world.vault.purge(folder.id, as: alex)
        #expect(report == Purge.Report(nodes: 3, bytes: 120_005))
        #expect(try await blobs.list(after: nil, limit: 10).isEmpty)
        for id in [folder.id, small.node.id, large.node.id] {
            let left = try await world.database.read { snapshot in
                let keys = try snapshot.exists("SELECT 1 FROM file_keys WHERE owner_id = \(id)")
                let content = try snapshot.exists("SELECT 1 FROM blobs WHERE node_id = \(id)")
                let name = try snapshot.exists("SELECT 1 FROM nodes WHERE id = \(id) AND sealed_meta IS NOT NULL")
                return keys || content || name
            }
            #expect(!left)
            await #expect(throws: VaultError.notFound(.file)) { try await world.vault.describe(id, as: alex) }
        }
        // The proofs stay: version rows and journal events are still there.
        let versions = try await world.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM versions", { $0.int(0) })
        }
        #expect(versions == 2)
        await world.close()
    }

    @Test func emptyingTheTrashCountsWhatWent() async throws {
        let world = try await World()
        let alex = try await world.person()
        for index in 0..<70 {
            let file = try await world.put("12345", at: "f\(index).txt", as: alex)
            _ = try await world.vault.trash.put(file.node.id, as: alex)
        }
        let emptied = try await world.vault.purge.all(as: alex)
        #expect(emptied.items == 70)
        #expect(emptied.kept == 0)
        #expect(emptied.report.bytes == 350)
        #expect(try await world.vault.trash.list(limit: 10, as: alex).total == 0)
        #expect(try await world.vault.accounts.usage(of: alex).counted == 0)
        await world.close()
    }

    @Test func theTrashForgetsAfterThirtyDays() async throws {
        let world = try await World()
        let alex = try await world.person()
        let old = try await world.put("x", at: "old.txt", as: alex)
        _ = try await world.vault.trash.put(old.node.id, as: alex)
        world.clock.advance(seconds: 30 * 86_400 - 1)
        #expect(try await world.vault.purge.expired() == 0)
        let young = try await world.put("x", at: "young.txt", as: alex)
        _ = try await world.vault.trash.put(young.node.id, as: alex)
        world.clock.advance(seconds: 2)
        #expect(try await world.vault.purge.expired() == 1)
        #expect(try await world.vault.trash.list(limit: 10, as: alex).items.map(\.node.id) == [young.node.id])
        await world.close()
    }

    @Test func trashCountsAgainstTheLimitButNotAsUsed() async throws {
        let world = try await World(allowance: FixedAllowance(bytes: 10))
        let alex = try await world.person()
        let file = try await world.put("12345678", at: "a.txt", as: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        let usage = try await world.vault.accounts.usage(of: alex)
        #expect(usage.used == 0)
        #expect(usage.trashed.bytes == 8)
        await #expect(throws: VaultError.quotaExceeded(remaining: 2)) {
            try await world.put("123", at: "b.txt", as: alex)
        }
        await world.close()
    }
}
