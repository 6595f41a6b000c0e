import Database
import Testing
import Vault
import VaultTesting

@testable import Versions

@Suite struct VersionTests {
    @Test func restoringMakesANewVersionWithTheOldBytes() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.put("two", at: "a.txt", as: alex)
        let restored = try await RestoreVersion(world.core)(file.node.id, to: 1, message: "back to the first", as: alex)
        #expect(restored.version.number == 3)
        #expect(restored.version.cause == .restore)
        #expect(restored.version.restoredFrom == 1)
        #expect(restored.version.meta.sha256 == file.version.meta.sha256)
        #expect(try await world.text(of: file.node.id, as: alex) == "one")
        #expect(try await world.text(of: file.node.id, version: 2, as: alex) == "two")
        let page = try await History(world.core)(file.node.id, as: alex)
        #expect(page.versions.map(\.number) == [3, 2, 1])
        #expect(page.current == 3)
        #expect(page.versions.first?.meta.message == "back to the first")
        await world.close()
    }

    @Test func historyIsPaged() async throws {
        let world = try await World()
        let alex = try await world.person()
        var id: NodeID?
        for index in 0..<7 { id = try await world.put("v\(index)", at: "a.txt", as: alex).node.id }
        let node = try #require(id)
        let first = try await History(world.core)(node, limit: 4, as: alex)
        let second = try await History(world.core)(node, before: first.next, limit: 4, as: alex)
        #expect((first.versions + second.versions).map(\.number) == [7, 6, 5, 4, 3, 2, 1])
        #expect(second.next == nil)
        await world.close()
    }

    @Test func versionsThatNeverWereAreNotFound() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        for number in [0, 2, -1, Int.max, Int.min] {
            await #expect(throws: VaultError.notFound(.version)) {
                try await RestoreVersion(world.core)(file.node.id, to: number, as: alex)
            }
        }
        await world.close()
    }

    @Test func aVersionRowCannotBeChangedOrDeleted() async throws {
        let world = try await World()
        let alex = try await world.person()
        try await world.put("one", at: "a.txt", as: alex)
        for statement in ["UPDATE versions SET size = 9", "DELETE FROM versions"] as [SQL] {
            await #expect(throws: DatabaseError.self) {
                try await world.database.write { transaction in _ = try transaction.run(statement) }
            }
        }
        for statement in ["UPDATE node_history SET size = 9", "DELETE FROM node_history"] as [SQL] {
            await #expect(throws: DatabaseError.self) {
                try await world.database.write { transaction in _ = try transaction.run(statement) }
            }
        }
        await world.close()
    }

    @Test func aRestoreRespectsTheLimit() async throws {
        let world = try await World(allowance: FixedAllowance(bytes: 10))
        let alex = try await world.person()
        let file = try await world.put("1234567890", at: "a.txt", as: alex)
        try await world.put("1", at: "a.txt", as: alex)
        try await world.put("123456789", at: "b.txt", as: alex)
        await #expect(throws: VaultError.quotaExceeded(remaining: 0)) {
            try await RestoreVersion(world.core)(file.node.id, to: 1, as: alex)
        }
        await world.close()
    }
}

@Suite struct TreeAsOfTests {
    @Test func aFolderIsSeenAsItWasAtAnyMoment() async throws {
        let world = try await World()
        let alex = try await world.person()
        func at() -> Timestamp {
            world.clock.advance(seconds: 60)
            defer { world.clock.advance(seconds: 60) }
            return world.clock.now()
        }
        let tree = TreeAsOf(world.core)
        let empty = at()
        let folder = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let file = try await world.put("one", at: "draft.txt", as: alex)
        let start = at()
        try await world.put("second words", at: "draft.txt", as: alex)
        _ = try await world.vault.rename(file.node.id, to: try NodeName("final.txt"), as: alex)
        let renamed = at()
        _ = try await world.vault.move(file.node.id, to: folder.id, as: alex)
        let moved = at()
        _ = try await world.vault.trash.put(folder.id, as: alex)
        let trashed = at()

        func names(_ moment: Timestamp, in parent: NodeID? = nil) async throws -> [String] {
            try await tree(parent, at: moment, as: alex).entries.map { "\($0.name?.text ?? "?") v\($0.head)" }
        }
        #expect(try await names(empty) == [])
        #expect(try await names(start) == ["Projects v0", "draft.txt v1"])
        #expect(try await names(renamed) == ["Projects v0", "final.txt v2"])
        #expect(try await names(moved) == ["Projects v0"])
        #expect(try await names(moved, in: folder.id) == ["final.txt v2"])
        #expect(try await names(trashed) == [])
        await #expect(throws: VaultError.notFound(.folder)) { try await names(trashed, in: folder.id) }
        await #expect(throws: VaultError.notFound(.folder)) { try await names(empty, in: folder.id) }

        _ = try await world.vault.purge(folder.id, as: alex)
        #expect(try await names(moved) == ["? v0"])
        await world.close()
    }
}
