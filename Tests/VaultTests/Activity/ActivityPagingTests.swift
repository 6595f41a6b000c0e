import Database
import Journal
import Testing
import VaultTesting

@testable import Vault

@Suite struct ActivityPagingTests {
    @Test func pagesHaveNeitherHolesNorDoublesWhileEventsArrive() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: sarah)
        try await world.grant(folder.id, to: alex, by: sarah)
        for number in 0..<40 {
            try await world.put("x", at: "\(number).txt", as: alex)
            try await world.put("y", at: "\(number).txt", in: folder.id, as: sarah)
        }
        let before = try await world.vault.activity(limit: 200, as: alex).events.map(\.id)
        var seen: [ActivityID] = []
        var cursor: String?
        var pages = 0
        repeat {
            let page = try await world.vault.activity(limit: 7, cursor: cursor, as: alex)
            #expect(page.hasMore == (page.next != nil))
            #expect(page.events.count == 7 || !page.hasMore)
            seen += page.events.map(\.id)
            cursor = page.next
            pages += 1
            try await world.put("z", at: "later \(pages).txt", as: alex)
            try await world.put("z", at: "later \(pages).txt", in: folder.id, as: sarah)
        } while cursor != nil
        #expect(seen == before)
        #expect(Set(seen).count == 81)
        await world.close()
    }

    @Test func offsetsCountWhatIsSeen() async throws {
        let world = try await World()
        let alex = try await world.person()
        for number in 0..<10 { try await world.put("x", at: "\(number).txt", as: alex) }
        let page = try await world.vault.activity(limit: 3, offset: 4, as: alex)
        #expect(page.events.map(\.line) == (3...5).reversed().map { "You file_uploaded \($0).txt" })
        #expect(page.hasMore)
        let last = try await world.vault.activity(limit: 3, offset: 8, as: alex)
        #expect(last.events.count == 2)
        #expect(!last.hasMore)
        #expect(try await world.vault.activity(limit: 3, offset: 10_000, as: alex).events.isEmpty)
        await world.close()
    }

    @Test func aRareActIsFoundOverShortPagesHoweverManyOthersThereAre() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("x", at: "a.txt", as: alex)
        try await world.flood(25, .fileViewed, on: file.node, by: alex)
        var feed = world.vault.activity
        feed.bounds.rows = 10
        var found: [[String]] = []
        var cursor: String?
        repeat {
            let page = try await feed(.uploads, limit: 10, cursor: cursor, as: alex)
            found.append(page.events.map(\.line))
            cursor = page.next
        } while cursor != nil && found.count < 10
        #expect(found == [[], [], ["You file_uploaded a.txt"]])
        // Who pages by offset is not sent in circles.
        let byOffset = try await feed(.uploads, limit: 10, as: alex)
        #expect(!byOffset.hasMore)
        #expect(byOffset.next != nil)
        await world.close()
    }

    @Test func ofAnothersBusyDriveAnOldActBelowASharedFolderIsLeftOut() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        let inside = try await world.put("x", at: "inside.txt", in: folder.id, as: alex)
        let shared = try await world.put("x", at: "shared.txt", as: alex)
        let other = try await world.put("x", at: "other.txt", as: alex)
        for node in [folder.id, shared.node.id] { try await world.grant(node, to: sarah, by: alex) }
        var feed = world.vault.activity
        feed.bounds.rowsOfForeignSpace = 10
        func names() async throws -> [String] {
            try await feed(.uploads, limit: 9, as: sarah).events.map(\.line)
        }
        let all = [
            "Alex D. file_uploaded shared.txt", "Alex D. file_uploaded inside.txt", "Alex D. folder_created Team",
        ]
        try await world.flood(7, .fileEdited, on: other.node, by: alex)
        #expect(try await names() == all)
        try await world.flood(1, .fileEdited, on: other.node, by: alex)
        #expect(try await names() == [all[0], all[2]])
        let panel = try await world.vault.nodeActivity(inside.node.id, limit: 5, as: sarah)
        #expect(panel.events.map(\.line) == [all[1]])
        await world.close()
    }

    @Test func cursorsAreOnesOwnAndNothingElseIsTaken() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        for number in 0..<3 { try await world.put("x", at: "\(number).txt", as: alex) }
        let cursor = try #require(try await world.vault.activity(limit: 1, as: alex).next)
        #expect(try await world.vault.activity(limit: 1, cursor: cursor, as: alex).events.count == 1)
        let altered = String(cursor.dropLast()) + (cursor.last == "A" ? "B" : "A")
        for (text, person) in [(cursor, sarah), (altered, alex), ("", alex), ("1", alex), ("%00", alex)] {
            await #expect(throws: VaultError.invalid(field: "cursor", .malformed)) {
                try await world.vault.activity(limit: 1, cursor: text, as: person)
            }
        }
        // A cursor of one number is none of two.
        await #expect(throws: VaultError.invalid(field: "cursor", .malformed)) {
            try await world.vault.recentFiles(limit: 1, cursor: cursor, as: alex)
        }
        await world.close()
    }

    @Test func idsStayAndTellNothingOfTheJournal() async throws {
        let world = try await World()
        let alex = try await world.person()
        for number in 0..<3 { try await world.put("x", at: "\(number).txt", as: alex) }
        let first = try await world.vault.activity(limit: 10, as: alex).events.map(\.id)
        let second = try await world.vault.activity(limit: 10, as: alex).events.map(\.id)
        #expect(first == second)
        #expect(Set(first).count == 3)
        for id in first {
            let text = Array(id.description.utf8)
            #expect(text[14] == UInt8(ascii: "8"))
            #expect(Array("89ab".utf8).contains(text[19]))
        }
        // Neighbouring numbers are nowhere near each other.
        #expect(first[0].description.prefix(8) != first[1].description.prefix(8))
        await world.close()
    }
}

extension World {
    /// Many events of one kind, as years of work leave them.
    func flood(_ count: Int, _ action: AuditAction, on node: Node, by person: Principal) async throws {
        for start in stride(from: 0, to: count, by: 5_000) {
            try await database.write { [core] transaction in
                for _ in start..<min(count, start + 5_000) {
                    try core.audit.record(
                        action, on: .node(node.id, kind: node.kind, space: node.space), by: person, in: transaction)
                }
            }
        }
    }
}
