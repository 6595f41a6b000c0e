import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct RecentFilesTests {
    private func names(_ page: RecentPage) -> [String] {
        page.files.map { "\($0.action.rawValue) \($0.node.name.text)" }
    }

    @Test func eachFileStandsOnceWithOnesOwnLatestAct() async throws {
        let world = try await World()
        let alex = try await world.person()
        let a = try await world.put("one", at: "a.txt", as: alex)
        let b = try await world.put("one", at: "b.txt", as: alex)
        try await world.put("two", at: "a.txt", as: alex)
        #expect(
            names(try await world.vault.recentFiles(limit: 10, as: alex)) == [
                "file_edited a.txt", "file_uploaded b.txt",
            ])
        world.clock.advance(seconds: 60)
        _ = try await world.vault.open(b.node.id, for: .view, as: alex)
        // Downloading, renaming and looking at the details are not having it in hand.
        _ = try await world.vault.open(a.node.id, for: .download, as: alex)
        _ = try await world.vault.describe(a.node.id, as: alex)
        _ = try await world.vault.rename(b.node.id, to: try NodeName("c.txt"), as: alex)
        let page = try await world.vault.recentFiles(limit: 10, as: alex)
        #expect(names(page) == ["file_viewed c.txt", "file_edited a.txt"])
        #expect(page.files[0].time == World.start.advanced(bySeconds: 60))
        #expect(page.files.allSatisfy { $0.isOwn && $0.owner.id == alex.account })
        await world.close()
    }

    @Test func whatIsInTheTrashShreddedOrUnsharedIsLeftOut() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let trashed = try await world.put("x", at: "trashed.txt", as: alex)
        let gone = try await world.put("x", at: "gone.txt", as: alex)
        let shared = try await world.put("x", at: "shared.txt", as: sarah)
        try await world.grant(shared.node.id, to: alex, by: sarah)
        _ = try await world.vault.open(shared.node.id, for: .view, as: alex)
        let page = try await world.vault.recentFiles(limit: 10, as: alex)
        #expect(names(page) == ["file_viewed shared.txt", "file_uploaded gone.txt", "file_uploaded trashed.txt"])
        #expect(page.files[0].isOwn == false)
        #expect(page.files[0].owner.shortName == "Sarah M.")
        for node in [trashed.node.id, gone.node.id] { _ = try await world.vault.trash.put(node, as: alex) }
        _ = try await world.vault.purge(gone.node.id, as: alex)
        try await world.revoke(shared.node.id, from: alex)
        #expect(names(try await world.vault.recentFiles(limit: 10, as: alex)) == [])
        await world.close()
    }

    @Test func pagesKeepToTheListOfTheFirstWhileWorkGoesOn() async throws {
        let world = try await World()
        let alex = try await world.person()
        for number in 0..<25 { try await world.put("x", at: "\(number).txt", as: alex) }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try await world.vault.recentFiles(limit: 4, cursor: cursor, as: alex)
            #expect(page.hasMore == (page.next != nil))
            seen += page.files.map(\.node.name.text)
            cursor = page.next
            // Would move an old file to the top, and add one.
            try await world.put("y", at: "3.txt", as: alex)
            try await world.put("y", at: "new \(seen.count).txt", as: alex)
        } while cursor != nil
        #expect(seen == (0..<25).reversed().map { "\($0).txt" })
        let byOffset = try await world.vault.recentFiles(limit: 2, offset: 1, as: alex)
        #expect(byOffset.files.map(\.node.name.text) == ["3.txt", "new 24.txt"])
        await world.close()
    }

    @Test func oldFilesAreFoundBehindManyActsAndNotBehindTheLastWindow() async throws {
        let world = try await World()
        let alex = try await world.person()
        let busy = try await world.put("x", at: "busy.txt", as: alex)
        for number in 0..<3 { try await world.put("x", at: "\(number).txt", as: alex) }
        try await world.flood(12, .fileEdited, on: busy.node, by: alex)
        var recent = world.vault.recentFiles
        recent.windows = [5, 10, 100]
        #expect(names(try await recent(limit: 2, as: alex)) == ["file_edited busy.txt", "file_uploaded 2.txt"])
        #expect(try await recent(limit: 10, as: alex).files.count == 4)
        #expect(names(try await recent(limit: 2, offset: 3, as: alex)) == ["file_uploaded 0.txt"])
        recent.windows = [5, 10]
        #expect(names(try await recent(limit: 10, as: alex)) == ["file_edited busy.txt"])
        await world.close()
    }
}
