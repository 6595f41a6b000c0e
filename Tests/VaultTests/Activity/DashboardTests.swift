import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct DashboardTests {
    @Test func theFiguresCompareThisWeekWithTheOneBefore() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let first = try await world.put("12345", at: "0.txt", as: alex)
        world.clock.advance(seconds: 10 * 86_400)
        for number in 1...3 { try await world.put("12345", at: "\(number).txt", as: alex) }
        try await world.put("123456", at: "3.txt", as: alex)
        _ = try await world.vault.createFolder(try NodeName("No file"), in: nil, as: alex)
        try await world.grant(first.node.id, to: sarah, by: alex)
        let stats = try await world.vault.dashboardStats(as: alex)
        #expect(stats.files == 4)
        #expect(stats.filesChange == 2)
        #expect(stats.used == 21)
        #expect(stats.shares == 1)
        #expect(stats.sharesChange == 1)
        #expect(stats.trashed == 0)
        #expect(stats.oldestTrashed == nil)
        world.clock.advance(seconds: 8 * 86_400)
        let later = try await world.vault.dashboardStats(as: alex)
        #expect(later.filesChange == -3)
        #expect(later.sharesChange == -1)
        world.clock.advance(seconds: 8 * 86_400)
        #expect(try await world.vault.dashboardStats(as: alex).filesChange == 0)
        await world.close()
    }

    @Test func theTrashIsCountedAsItIsListed() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Old"), in: nil, as: alex)
        for number in 0..<3 { try await world.put("x", at: "\(number)", in: folder.id, as: alex) }
        _ = try await world.vault.trash.put(folder.id, as: alex)
        world.clock.advance(seconds: 2 * 86_400)
        let file = try await world.put("x", at: "a", as: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        let stats = try await world.vault.dashboardStats(as: alex)
        #expect(stats.trashed == 2)
        #expect(stats.oldestTrashed == World.start)
        #expect(try await world.vault.trash.list(limit: 10, as: alex).total == 2)
        await world.close()
    }

    @Test func theTeamIsEverybodyActiveButTheCaller() async throws {
        let world = try await World()
        let alex = try await world.person("Alex", "Davidson", role: .admin)
        world.clock.advance(seconds: 1)
        let sarah = try await world.person("Sarah", "Miller")
        world.clock.advance(seconds: 1)
        let john = try await world.person("John", "Doe")
        _ = try await world.vault.accounts.update(ProfileChange(title: "Designer"), as: sarah)
        for number in 0..<3 { try await world.put("x", at: "\(number)", as: sarah) }
        let trashed = try await world.put("x", at: "4", as: sarah)
        _ = try await world.vault.trash.put(trashed.node.id, as: sarah)
        try await world.vault.sessions.logOut(john)
        let page = try await world.vault.team(as: alex)
        #expect(page.members.map(\.person.shortName) == ["Sarah M.", "John D."])
        #expect(page.members.map(\.person.title) == ["Designer", nil])
        #expect(page.members.map(\.files) == [3, 0])
        #expect(page.members.map(\.isOnline) == [true, false])
        #expect(page.online == 1)
        _ = try await world.vault.accounts.administer(sarah.account, role: nil, status: .disabled, as: alex)
        let without = try await world.vault.team(as: alex)
        #expect(without.members.map(\.person.id) == [john.account])
        #expect(without.online == 0)
        await world.close()
    }

    @Test func theTeamPagesToTheEnd() async throws {
        let world = try await World()
        let alex = try await world.person()
        for number in 0..<7 { _ = try await world.person("Person", "\(number)", email: "p\(number)@example.com") }
        var seen: [AccountID] = []
        var cursor: AccountID?
        repeat {
            let page = try await world.vault.team(after: cursor, limit: 3, as: alex)
            #expect(page.online == 7)
            seen += page.members.map(\.person.id)
            cursor = page.next
        } while cursor != nil
        #expect(seen.count == 7)
        #expect(Set(seen).count == 7)
        #expect(!seen.contains(alex.account))
        await world.close()
    }
}
