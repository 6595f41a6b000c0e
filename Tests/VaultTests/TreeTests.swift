import Testing
import VaultTesting

@testable import Vault

@Suite struct TreeTests {
    @Test func aFolderListsItsChildrenFoldersFirstAndByName() async throws {
        let world = try await World()
        let alex = try await world.person()
        for name in ["zebra.txt", "École.txt", "apple.txt", "Eagle.txt"] {
            try await world.put("x", at: name, as: alex)
        }
        _ = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let page = try await world.vault.listFolder(nil, as: alex)
        #expect(page.entries.map(\.node.name.text) == ["Projects", "apple.txt", "Eagle.txt", "École.txt", "zebra.txt"])
        #expect(page.folder == nil)
        #expect(page.entries.allSatisfy { $0.owners.map(\.initials) == ["AD"] })
        await world.close()
    }

    @Test func pagesFollowOneAnotherWithoutGapOrDouble() async throws {
        let world = try await World()
        let alex = try await world.person()
        for index in 0..<25 { try await world.put("x", at: "f\(index).txt", as: alex) }
        var names: [String] = []
        var cursor: String?
        repeat {
            let page = try await world.vault.listFolder(nil, limit: 10, cursor: cursor, as: alex)
            names += page.entries.map(\.node.name.text)
            cursor = page.next
        } while cursor != nil
        #expect(names.count == 25)
        #expect(Set(names).count == 25)
        await #expect(throws: VaultError.invalid(field: "cursor", .malformed)) {
            try await world.vault.listFolder(nil, cursor: "junk", as: alex)
        }
        await world.close()
    }

    @Test func aListSortsBySizeAndTimeToo() async throws {
        let world = try await World()
        let alex = try await world.person()
        try await world.put("333", at: "c.txt", as: alex)
        world.clock.advance(seconds: 5)
        try await world.put("1", at: "b.txt", as: alex)
        world.clock.advance(seconds: 5)
        try await world.put("22", at: "a.txt", as: alex)
        func names(_ sort: ListSort, _ order: ListOrder) async throws -> [String] {
            try await world.vault.listFolder(nil, sort: sort, order: order, as: alex).entries.map(\.node.name.text)
        }
        #expect(try await names(.size, .ascending) == ["b.txt", "a.txt", "c.txt"])
        #expect(try await names(.modified, .descending) == ["a.txt", "b.txt", "c.txt"])
        #expect(try await names(.name, .descending) == ["c.txt", "b.txt", "a.txt"])
        await world.close()
    }

    @Test func aFolderCannotGoIntoItselfOrBelow() async throws {
        let world = try await World()
        let alex = try await world.person()
        let outer = try await world.vault.createFolder(try NodeName("outer"), in: nil, as: alex)
        let inner = try await world.vault.createFolder(try NodeName("inner"), in: outer.id, as: alex)
        await #expect(throws: VaultError.intoItself) { try await world.vault.move(outer.id, to: outer.id, as: alex) }
        await #expect(throws: VaultError.intoItself) { try await world.vault.move(outer.id, to: inner.id, as: alex) }
        await #expect(throws: VaultError.destinationNotFound) {
            try await world.vault.move(outer.id, to: NodeID(9), as: alex)
        }
        let moved = try await world.vault.move(inner.id, to: nil, as: alex)
        #expect(moved.isAtTop)
        await world.close()
    }

    @Test func twinsOfOneNameCannotShareAFolder() async throws {
        let world = try await World()
        let alex = try await world.person()
        let a = try await world.put("a", at: "caf\u{E9}.txt", as: alex)
        let b = try await world.put("b", at: "other.txt", as: alex)
        await #expect(throws: VaultError.nameTaken(isFolder: false)) {
            try await world.vault.rename(b.node.id, to: try NodeName("CAFE\u{301}.txt"), as: alex)
        }
        let same = try await world.vault.rename(a.node.id, to: try NodeName("CAF\u{C9}.txt"), as: alex)
        #expect(same.name.text == "CAF\u{C9}.txt")
        await world.close()
    }

    @Test func theRootCannotBeRenamedMovedOrTrashed() async throws {
        let world = try await World()
        let alex = try await world.person()
        await #expect(throws: VaultError.forbidden) {
            try await world.vault.rename(alex.root, to: try NodeName("x"), as: alex)
        }
        await #expect(throws: VaultError.forbidden) { try await world.vault.move(alex.root, to: nil, as: alex) }
        await #expect(throws: VaultError.forbidden) { try await world.vault.trash.put(alex.root, as: alex) }
        await world.close()
    }

    @Test func aTreeIsOnlyAHundredLevelsDeep() async throws {
        let world = try await World()
        let alex = try await world.person()
        var parent: NodeID?
        var depth = 0
        await #expect(throws: VaultError.invalid(field: "parent_id", .tooDeep)) {
            for _ in 0..<200 {
                parent = try await world.vault.createFolder(try NodeName("d"), in: parent, as: alex).id
                depth += 1
            }
        }
        #expect(depth == NodeWrites.maximumDepth - 1)
        await world.close()
    }

    @Test func detailsTellWhereAFileLies() async throws {
        let world = try await World()
        let alex = try await world.person()
        let projects = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let quarter = try await world.vault.createFolder(try NodeName("Q4 Marketing"), in: projects.id, as: alex)
        let file = try await world.put("x", at: "Logo_V2.fig", in: quarter.id, as: alex)
        let details = try await world.vault.describe(file.node.id, as: alex)
        #expect(details.path == ["Projects", "Q4 Marketing"])
        #expect(details.owner.fullName == "Alex Davidson")
        #expect(details.node.meta.mediaType == "application/x-figma")
        _ = try await world.vault.rename(projects.id, to: try NodeName("Work"), as: alex)
        #expect(try await world.vault.describe(file.node.id, as: alex).path == ["Work", "Q4 Marketing"])
        await world.close()
    }
}
