import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct SharingTests {
    @Test func whatIsSharedIsInheritedAndListed() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let folder = try await world.folder("Team", as: alex)
            let file = try await world.put("x", at: "a.txt", in: folder, as: alex).node.id
            let given = try await world.share(folder, with: sam, .editor, as: alex)
            #expect(given.person.fullName == "Sam Stone")
            #expect(given.permission == .editor)
            #expect(try await world.text(of: file, as: sam) == "x")
            let page = try await world.vault.sharing.sharedWithMe(as: sam)
            #expect(page.entries.map(\.node.name.text) == ["Team"])
            #expect(page.entries.first?.permission == .editor)
            #expect(page.entries.first?.sharedBy.fullName == "Alex Davidson")
            #expect(try await world.vault.sharing.sharedWithMe(as: alex).entries.isEmpty)
        }
    }

    @Test func whoHasAccessIsListedWithWhereItComesFrom() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let kim = try await world.person("Kim", "Reed")
            let top = try await world.folder("Top", as: alex)
            let inner = try await world.folder("Inner", in: top, as: alex)
            let file = try await world.put("x", at: "a.txt", in: inner, as: alex).node.id
            try await world.share(top, with: kim, .viewer, as: alex)
            try await world.share(file, with: sam, .owner, as: alex)
            func seen(as principal: Principal) async throws -> [String] {
                let list = try await world.vault.sharing.list(file, as: principal)
                #expect(list.owner.id == alex.account)
                return list.shares.map { share in
                    switch share.source {
                    case .direct: "\(share.person.firstName) directly"
                    case .inherited(let from): "\(share.person.firstName) from \(from?.name.text ?? "a hidden folder")"
                    }
                }
            }
            #expect(try await seen(as: alex) == ["Sam directly", "Kim from Top"])
            // An owner by grant knows who else reads, but not the folders above.
            #expect(try await seen(as: sam) == ["Sam directly", "Kim from a hidden folder"])
            #expect(try await seen(as: kim) == ["Sam directly", "Kim from Top"])
            _ = try await world.vault.sharing.change(file, for: sam.account, to: .viewer, as: alex)
            #expect(try await seen(as: sam) == ["Sam directly"])
            let first = try await world.vault.sharing.list(file, limit: 1, as: alex)
            let second = try await world.vault.sharing.list(file, limit: 1, cursor: first.next, as: alex)
            #expect((first.shares + second.shares).map(\.person.firstName) == ["Sam", "Kim"])
            #expect(second.next == nil)
        }
    }

    @Test func sharingIsRefusedWhereItMakesNoSense() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let kim = try await world.person("Kim", "Reed")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            await #expect(throws: VaultError.cannotShare(.withOneself)) {
                try await world.share(file, with: alex, .viewer, as: alex)
            }
            try await world.share(file, with: sam, .owner, as: alex)
            await #expect(throws: VaultError.cannotShare(.alreadyShared)) {
                try await world.share(file, with: sam, .viewer, as: alex)
            }
            await #expect(throws: VaultError.cannotShare(.withOwner)) {
                try await world.share(file, with: alex, .viewer, as: sam)
            }
            await #expect(throws: VaultError.cannotShare(.root)) {
                try await world.share(alex.root, with: sam, .viewer, as: alex)
            }
            await #expect(throws: VaultError.notFound(.account)) {
                try await world.vault.sharing.share(
                    file, with: try EmailAddress("nobody@example.com"), permission: .viewer, as: alex)
            }
            let admin = try await world.person("Ada", "Min", role: .admin)
            _ = try await world.vault.accounts.administer(kim.account, role: nil, status: .disabled, as: admin)
            await #expect(throws: VaultError.notFound(.account)) {
                try await world.share(file, with: kim, .viewer, as: alex)
            }
        }
    }

    @Test func takingItBackEndsAccessAtOnceAndTakesTracesAlong() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let folder = try await world.folder("Team", as: alex)
            let file = try await world.put("x", at: "a.txt", in: folder, as: alex).node.id
            let kept = try await world.put("y", at: "b.txt", in: folder, as: alex).node.id
            try await world.share(folder, with: sam, .owner, as: alex)
            try await world.share(kept, with: sam, .viewer, as: alex)
            for id in [folder, file, kept] { #expect(try await world.vault.star.toggle(id, as: sam)) }
            #expect(try await world.vault.locks.toggle(file, as: sam))
            // All of it is in the caches.
            _ = try await world.vault.describe(file, as: sam)
            _ = try await world.vault.listFolder(folder, as: sam)
            _ = try await world.vault.search("a.txt", limit: 10, as: sam)
            #expect(try await world.vault.notifications.list(as: sam).entries.count == 2)

            try await world.vault.sharing.remove(folder, from: sam.account, as: alex)
            await #expect(throws: VaultError.forbidden) { try await world.vault.describe(file, as: sam) }
            await #expect(throws: VaultError.forbidden) { try await world.vault.listFolder(folder, as: sam) }
            await #expect(throws: VaultError.forbidden) { try await world.text(of: file, as: sam) }
            #expect(try await world.vault.search("a.txt", limit: 10, as: sam).total == 0)
            #expect(try await world.vault.sharing.sharedWithMe(as: sam).entries.map(\.node.id) == [kept])
            #expect(try await world.vault.notifications.list(as: sam).entries.compactMap(\.node?.id) == [kept])
            #expect(try await world.ids("SELECT node_id FROM stars WHERE account_id = \(sam.account)") == [kept])
            #expect(try await world.ids("SELECT node_id FROM locks") == [])
            #expect(try await world.vault.describe(kept, as: sam).isStarred)
            // A second time there is nothing to take back.
            await #expect(throws: VaultError.notFound(.share)) {
                try await world.vault.sharing.remove(folder, from: sam.account, as: alex)
            }
        }
    }

    @Test func anotherNodeForgetsWithinASecond() async throws {
        try await withWorld { world in
            let clock = FixedClock(World.start)
            let other = try await world.another(clock: clock)
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
            _ = try await other.vault.describe(file, as: sam)
            try await world.vault.sharing.remove(file, from: sam.account, as: alex)
            clock.advance(seconds: 1)
            await #expect(throws: VaultError.forbidden) { try await other.vault.describe(file, as: sam) }
            await other.close()
        }
    }

    @Test func whoWasGivenAccessMayGiveItUpAndNothingElse() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let kim = try await world.person("Kim", "Reed", role: .lecteur)
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .editor, as: alex)
            try await world.share(file, with: kim, .viewer, as: alex)
            await #expect(throws: VaultError.forbidden) {
                try await world.vault.sharing.remove(file, from: kim.account, as: sam)
            }
            await #expect(throws: VaultError.forbidden) {
                try await world.vault.sharing.change(file, for: kim.account, to: .editor, as: sam)
            }
            try await world.vault.sharing.remove(file, from: kim.account, as: kim)
            await #expect(throws: VaultError.forbidden) { try await world.vault.describe(file, as: kim) }
            #expect(try await world.vault.sharing.list(file, as: alex).total == 1)
        }
    }

    @Test func aWeakerPermissionHoldsAtOnceAndLetsGoOfLocks() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .owner, as: alex)
            #expect(try await world.vault.locks.toggle(file, as: sam))
            #expect(try await world.vault.star.toggle(file, as: sam))
            _ = try await world.vault.sharing.change(file, for: sam.account, to: .viewer, as: alex)
            await #expect(throws: VaultError.forbidden) {
                try await world.vault.rename(file, to: try NodeName("b.txt"), as: sam)
            }
            #expect(try await world.vault.describe(file, as: sam).isStarred)
            #expect(try await !world.vault.describe(file, as: alex).isLocked)
        }
    }

    @Test func whatLiesInTheTrashOrIsDestroyedIsSharedWithNobody() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let folder = try await world.folder("Team", as: alex)
            let file = try await world.put("x", at: "a.txt", in: folder, as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
            _ = try await world.vault.trash.put(folder, as: alex)
            #expect(try await world.vault.sharing.sharedWithMe(as: sam).entries.isEmpty)
            #expect(try await world.vault.notifications.list(as: sam).entries.isEmpty)
            #expect(try await world.vault.notifications.list(as: sam).unread == 0)
            _ = try await world.vault.trash.restore(folder, as: alex)
            #expect(try await world.vault.sharing.sharedWithMe(as: sam).entries.count == 1)
            #expect(try await world.vault.notifications.list(as: sam).unread == 1)
            _ = try await world.vault.trash.put(folder, as: alex)
            _ = try await world.vault.purge(folder, as: alex)
            #expect(try await world.vault.sharing.sharedWithMe(as: sam).entries.isEmpty)
            #expect(try await world.vault.notifications.list(as: sam).entries.isEmpty)
        }
    }

    @Test func whatIsSharedWithMeIsSortedAndPaged() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            for (name, content) in [("b.txt", "22"), ("É.txt", "1"), ("a.txt", "333")] {
                let file = try await world.put(content, at: name, as: alex).node.id
                try await world.share(file, with: sam, .viewer, as: alex)
                world.clock.advance(seconds: 1)
            }
            func names(_ sort: SharedSort, _ order: ListOrder) async throws -> [String] {
                var names: [String] = []
                var cursor: String?
                repeat {
                    let page = try await world.vault.sharing.sharedWithMe(
                        sort: sort, order: order, limit: 2, cursor: cursor, as: sam)
                    #expect(page.total == 3)
                    names += page.entries.map(\.node.name.text)
                    cursor = page.next
                } while cursor != nil
                return names
            }
            #expect(try await names(.date, .descending) == ["a.txt", "É.txt", "b.txt"])
            #expect(try await names(.date, .ascending) == ["b.txt", "É.txt", "a.txt"])
            #expect(try await names(.name, .ascending) == ["a.txt", "b.txt", "É.txt"])
            #expect(try await names(.size, .descending) == ["a.txt", "b.txt", "É.txt"])
            await #expect(throws: VaultError.invalid(field: "cursor", .malformed)) {
                try await world.vault.sharing.sharedWithMe(cursor: "x", as: sam)
            }
        }
    }

    @Test func everyChangeOfSharesIsInTheJournalWithItsDetails() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let auditor = try await world.person("Ada", "Min", role: .auditeur)
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .editor, as: alex)
            _ = try await world.vault.sharing.change(file, for: sam.account, to: .viewer, as: alex)
            try await world.vault.sharing.remove(file, from: sam.account, as: alex)
            let rows = try await world.vault.auditTrail.entries(
                AuditFilter(target: file.value), before: nil, limit: 3, as: auditor
            ).entries
            #expect(rows.map(\.row.event.action) == ["file_unshared", "share_changed", "file_shared"])
            #expect(
                rows.map(\.details) == [
                    "{\"unshared_from\":\"\(sam.account)\"}",
                    "{\"shared_with\":\"\(sam.account)\",\"permission\":\"viewer\",\"previous\":\"editor\"}",
                    "{\"shared_with\":\"\(sam.account)\",\"permission\":\"editor\"}",
                ])
            #expect(rows.allSatisfy { $0.targetName == "a.txt" })
        }
    }
}

/// A world for one test, closed after it.
func withWorld(
    _ settings: VaultSettings = VaultSettings(), allowance: any StorageAllowance = FixedAllowance(),
    _ body: (World) async throws -> Void
) async throws {
    let world = try await World(allowance: allowance, settings: settings)
    do {
        try await body(world)
    } catch {
        await world.close()
        throw error
    }
    await world.close()
}

extension World {
    func folder(_ name: String, in parent: NodeID? = nil, as principal: Principal) async throws -> NodeID {
        try await vault.createFolder(try NodeName(name), in: parent, as: principal).id
    }

    @discardableResult
    func share(
        _ node: NodeID, with person: Principal, _ permission: Permission, as owner: Principal
    ) async throws -> (person: Person, permission: Permission) {
        let email = try await vault.accounts.own(person).profile.email
        return try await vault.sharing.share(node, with: email, permission: permission, as: owner)
    }

    func ids(_ sql: SQL) async throws -> [NodeID] {
        try await database.read { snapshot in try snapshot.all(sql) { NodeID($0.uuid(0)) } }
    }

    func count(_ sql: SQL) async throws -> Int {
        try await database.read { snapshot in try snapshot.first(sql) { $0.int(0) } ?? -1 }
    }
}
