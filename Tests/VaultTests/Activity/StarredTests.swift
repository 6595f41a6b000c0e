import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct StarredTests {
    private func names(_ page: StarredPage) -> [String] { page.entries.map(\.node.name.text) }

    @Test func foldersComeFirstWithWhatLiesBelowThem() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Design"), in: nil, as: alex)
        let inner = try await world.vault.createFolder(try NodeName("Inner"), in: folder.id, as: alex)
        let file = try await world.put("12345", at: "a.txt", in: folder.id, as: alex)
        let deep = try await world.put("1234567", at: "b.txt", in: inner.id, as: alex)
        let trashed = try await world.put("123", at: "c.txt", in: inner.id, as: alex)
        _ = try await world.vault.trash.put(trashed.node.id, as: alex)
        for node in [file.node.id, folder.id, deep.node.id] { _ = try await world.vault.star.toggle(node, as: alex) }
        _ = try await world.vault.locks.toggle(file.node.id, as: alex)
        let page = try await world.vault.starred(as: alex)
        #expect(names(page) == ["Design", "a.txt", "b.txt"])
        #expect(page.entries.map(\.bytes) == [12, 5, 7])
        #expect(page.entries.map(\.childCount) == [2, 0, 0])
        #expect(page.entries.map(\.isLocked) == [false, true, false])
        #expect(page.entries.allSatisfy { !$0.isMore })
        #expect(page.total == 3)
        await world.close()
    }

    @Test func theySortByNameTimeAndSizeAndPageToTheEnd() async throws {
        let world = try await World()
        let alex = try await world.person()
        for (name, size) in [("b", 3), ("a", 2), ("C", 1)] {
            world.clock.advance(seconds: 1)
            let file = try await world.put(String(repeating: "x", count: size), at: name, as: alex)
            _ = try await world.vault.star.toggle(file.node.id, as: alex)
        }
        #expect(names(try await world.vault.starred(sort: .name, as: alex)) == ["a", "b", "C"])
        #expect(names(try await world.vault.starred(sort: .modified, as: alex)) == ["b", "a", "C"])
        #expect(names(try await world.vault.starred(sort: .size, order: .descending, as: alex)) == ["b", "a", "C"])
        let first = try await world.vault.starred(limit: 2, as: alex)
        #expect(names(first) == ["a", "b"])
        #expect(first.next != nil)
        let rest = try await world.vault.starred(limit: 2, cursor: first.next, as: alex)
        #expect(names(rest) == ["C"])
        #expect(rest.next == nil)
        await #expect(throws: VaultError.invalid(field: "cursor", .malformed)) {
            try await world.vault.starred(cursor: "x", as: alex)
        }
        await world.close()
    }

    @Test func starsOfOthersAndWhatOneMayNotSeeAnyMoreAreNotThere() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let shared = try await world.put("x", at: "shared.txt", as: alex)
        let trashed = try await world.put("x", at: "trashed.txt", as: alex)
        for node in [shared.node.id, trashed.node.id] {
            try await world.grant(node, to: sarah, by: alex, .viewer)
            _ = try await world.vault.star.toggle(node, as: sarah)
        }
        #expect(names(try await world.vault.starred(as: alex)) == [])
        #expect(names(try await world.vault.starred(as: sarah)) == ["shared.txt", "trashed.txt"])
        _ = try await world.vault.trash.put(trashed.node.id, as: alex)
        #expect(names(try await world.vault.starred(as: sarah)) == ["shared.txt"])
        try await world.revoke(shared.node.id, from: sarah)
        let page = try await world.vault.starred(as: sarah)
        #expect(names(page) == [])
        #expect(page.total == 0)
        await world.close()
    }

    @Test func aFolderWithMoreThanIsCountedSaysSo() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Big"), in: nil, as: alex)
        for number in 0..<4 { try await world.put("xx", at: "\(number)", in: folder.id, as: alex) }
        let (all, part) = try await world.database.read { snapshot in
            var enough = FolderSizes(budget: 5)
            var few = FolderSizes(budget: 3)
            return (try enough.size(of: folder.id, in: snapshot), try few.size(of: folder.id, in: snapshot))
        }
        #expect(all.bytes == 8 && !all.isMore)
        #expect(part.bytes == 6 && part.isMore)
        await world.close()
    }
}
