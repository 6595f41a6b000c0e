import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct LockTests {
    @Test func theHolderGoesOnWorkingAndEverybodyElseReads() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Stone")
        let file = try await world.put("x", at: "a.txt", as: alex)
        try await world.grant(.editor, on: file.node.id, to: sam, by: alex)
        #expect(try await world.vault.locks.toggle(file.node.id, as: alex))
        await #expect(throws: VaultError.locked) {
            try await world.vault.save(SaveRequest(target: .file(file.node.id)), .bytes([1]), as: sam)
        }
        await #expect(throws: VaultError.locked) {
            try await world.vault.rename(file.node.id, to: try NodeName("b.txt"), as: sam)
        }
        #expect(try await world.text(of: file.node.id, as: sam) == "x")
        _ = try await world.vault.save(SaveRequest(target: .file(file.node.id)), .bytes([2]), as: alex)
        #expect(try await !world.vault.locks.toggle(file.node.id, as: alex))
        _ = try await world.vault.rename(file.node.id, to: try NodeName("b.txt"), as: sam)
        await world.close()
    }

    @Test func aLockedFolderIsReadOnlyAllTheWayDown() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Stone")
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        let inner = try await world.vault.createFolder(try NodeName("Inner"), in: folder.id, as: alex)
        try await world.grant(.editor, on: folder.id, to: sam, by: alex)
        try await world.put("fine", at: "a.txt", in: inner.id, as: sam)
        _ = try await world.vault.locks.toggle(folder.id, as: alex)
        await #expect(throws: VaultError.locked) { try await world.put("no", at: "b.txt", in: inner.id, as: sam) }
        await world.close()
    }
}

@Suite struct GrantTests {
    /// Who may do what, as requirements/1 and design section 11 say.
    @Test(arguments: [
        (Permission?.none, false, false, false), (.viewer, true, false, false), (.editor, true, true, false),
        (.owner, true, true, true),
    ])
    func aGrantAllowsWhatItsNameSays(_ row: (Permission?, read: Bool, edit: Bool, own: Bool)) async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Stone")
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        let file = try await world.put("x", at: "a.txt", in: folder.id, as: alex)
        if let permission = row.0 { try await world.grant(permission, on: folder.id, to: sam, by: alex) }
        func allowed(_ act: () async throws -> Void) async -> Bool {
            do { try await act() } catch VaultError.forbidden { return false } catch { Issue.record(error) }
            return true
        }
        #expect(await allowed { _ = try await world.text(of: file.node.id, as: sam) } == row.read)
        #expect(await allowed { _ = try await world.vault.describe(file.node.id, as: sam) } == row.read)
        #expect(await allowed { _ = try await world.vault.listFolder(folder.id, as: sam) } == row.read)
        #expect(await allowed { try await world.put("y", at: "b.txt", in: folder.id, as: sam) } == row.edit)
        #expect(
            await allowed { _ = try await world.vault.rename(file.node.id, to: try NodeName("c.txt"), as: sam) }
                == row.edit)
        #expect(await allowed { _ = try await world.vault.locks.toggle(file.node.id, as: sam) } == row.own)
        await world.close()
    }

    @Test func whatSomebodyUploadsToASharedFolderCountsForItsOwner() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Stone")
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        try await world.grant(.editor, on: folder.id, to: sam, by: alex)
        try await world.put("12345", at: "a.txt", in: folder.id, as: sam)
        #expect(try await world.vault.accounts.usage(of: alex).used == 5)
        #expect(try await world.vault.accounts.usage(of: sam).used == 0)
        await world.close()
    }

    @Test func aGuestSeesOnlyThePathFromWhatWasShared() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Stone")
        let secret = try await world.vault.createFolder(try NodeName("Secret plans"), in: nil, as: alex)
        let shared = try await world.vault.createFolder(try NodeName("Shared"), in: secret.id, as: alex)
        let file = try await world.put("x", at: "a.txt", in: shared.id, as: alex)
        try await world.grant(.viewer, on: shared.id, to: sam, by: alex)
        #expect(try await world.vault.describe(file.node.id, as: sam).path == ["Shared"])
        #expect(try await world.vault.listFolder(shared.id, as: sam).trail.map(\.name.text) == ["Shared"])
        await #expect(throws: VaultError.forbidden) { try await world.vault.listFolder(secret.id, as: sam) }
        await world.close()
    }
}

extension World {
    func grant(_ permission: Permission, on node: NodeID, to person: Principal, by owner: Principal) async throws {
        try await database.write { transaction in
            _ = try transaction.run(
                """
                INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                VALUES (\(node), \(person.account), \(permission.rawValue), \(owner.account), \(transaction.now))
                """)
        }
    }
}
