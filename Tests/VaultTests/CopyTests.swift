import BlobStore
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct CopyTests {
    private func names(_ world: World, _ folder: NodeID?, as principal: Principal) async throws -> [String] {
        try await world.vault.listFolder(folder, as: principal).entries.map(\.node.name.text)
    }

    @Test func copiesAreNamedAsDocumented() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("hello", at: "a.txt", as: alex).node
        for expected in ["Copy of a.txt", "a (1).txt", "a (2).txt"] {
            #expect(try await world.vault.copy(file.id, to: .beside, as: alex).name.text == expected)
        }
        let folder = try await world.vault.createFolder(try NodeName("F"), in: nil, as: alex)
        #expect(try await world.vault.copy(file.id, to: .folder(folder.id), as: alex).name.text == "Copy of a.txt")
        let long = try await world.put("x", at: String(repeating: "é", count: 125) + ".txt", as: alex).node
        let copy = try await world.vault.copy(long.id, to: .beside, as: alex).name.text
        #expect(copy.utf8.count <= NodeName.maximumByteCount)
        #expect(copy.hasPrefix("Copy of éé") && copy.hasSuffix("é.txt"))
        await world.close()
    }

    @Test(arguments: [0, 5, 32_700, 40_000, 1_000_000])
    func aCopyIsAFileOfItsOwn(_ size: Int) async throws {
        let world = try await World()
        let alex = try await world.person()
        let text = String(repeating: "x", count: size)
        let file = try await world.put("before", at: "a.txt", as: alex).node
        try await world.put(text, at: "a.txt", as: alex)
        let copy = try await world.vault.copy(file.id, to: .beside, as: alex)
        #expect(copy.head?.number == 1)
        #expect(copy.size == Int64(size))
        #expect(try await world.text(of: copy.id, as: alex) == text)
        let version = try await world.vault.open(copy.id, as: alex).version
        #expect(version.cause == .copy)
        #expect(try await world.vault.accounts.usage(of: alex).used == Int64(2 * size))
        // The original and its key go; the copy stays readable.
        _ = try await world.vault.trash.put(file.id, as: alex)
        _ = try await world.vault.purge(file.id, as: alex)
        #expect(try await world.text(of: copy.id, as: alex) == text)
        await world.close()
    }

    @Test func aFolderIsCopiedWithAllThatIsInIt() async throws {
        let world = try await World()
        let alex = try await world.person()
        let top = try await world.vault.createFolder(try NodeName("Top"), kind: .cabinet, in: nil, as: alex)
        let inner = try await world.vault.createFolder(try NodeName("Inner"), in: top.id, as: alex)
        _ = try await world.vault.createFolder(try NodeName("Empty"), in: inner.id, as: alex)
        try await world.put("1", at: "a.txt", in: top.id, as: alex)
        try await world.put("22", at: "b.txt", in: inner.id, as: alex)
        let gone = try await world.put("333", at: "gone.txt", in: inner.id, as: alex).node
        _ = try await world.vault.trash.put(gone.id, as: alex)
        let copy = try await world.vault.copy(top.id, to: .beside, as: alex)
        #expect(copy.kind == .cabinet)
        #expect(try await names(world, copy.id, as: alex) == ["Inner", "a.txt"])
        let entries = try await world.vault.listFolder(copy.id, as: alex).entries
        let copiedInner = try #require(entries.first { $0.node.kind.isFolder }).node
        #expect(try await names(world, copiedInner.id, as: alex) == ["Empty", "b.txt"])
        #expect(copiedInner.id != inner.id)
        let usage = try await world.vault.accounts.usage(of: alex)
        #expect(usage.used == 6)
        #expect(usage.liveFiles == 4)
        await world.close()
    }

    @Test func copyingIntoItselfEnds() async throws {
        let world = try await World()
        let alex = try await world.person()
        let top = try await world.vault.createFolder(try NodeName("Top"), in: nil, as: alex)
        let inner = try await world.vault.createFolder(try NodeName("Inner"), in: top.id, as: alex)
        for target in [top, inner] {
            let copy = try await world.vault.copy(top.id, to: .folder(target.id), as: alex)
            #expect(copy.parent == target.id)
        }
        #expect(try await names(world, top.id, as: alex) == ["Copy of Top", "Inner"])
        #expect(try await names(world, inner.id, as: alex) == ["Copy of Top"])
        await world.close()
    }

    @Test func theWholeCopyMustFit() async throws {
        let world = try await World(allowance: FixedAllowance(bytes: 100))
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("F"), in: nil, as: alex)
        for name in ["a", "b", "c"] {
            try await world.put(String(repeating: "x", count: 20), at: name, in: folder.id, as: alex)
        }
        await #expect(throws: VaultError.quotaExceeded(remaining: 40)) {
            try await world.vault.copy(folder.id, to: .beside, as: alex)
        }
        #expect(try await names(world, nil, as: alex) == ["F"])
        #expect(try await world.vault.accounts.usage(of: alex).used == 60)
        await world.close()
    }

    @Test func whatIsSharedCanBeCopiedIntoOnesOwnDrive() async throws {
        let world = try await World()
        let (alex, sam) = (try await world.person(), try await world.person("Sam", "Stone"))
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        let file = try await world.put("hello", at: "a.txt", in: folder.id, as: alex).node
        await #expect(throws: VaultError.forbidden) { try await world.vault.copy(folder.id, to: .folder(nil), as: sam) }
        try await world.grant(.viewer, on: folder.id, to: sam, by: alex)
        _ = try await world.vault.locks.toggle(folder.id, as: alex)
        let copy = try await world.vault.copy(folder.id, to: .folder(nil), as: sam)
        #expect(copy.isAtTop && copy.space == sam.space && copy.createdBy == sam.account)
        #expect(try await names(world, copy.id, as: sam) == ["a.txt"])
        #expect(try await world.vault.accounts.usage(of: sam).used == 5)
        #expect(try await world.vault.accounts.usage(of: alex).used == 5)
        await #expect(throws: VaultError.forbidden) { try await world.vault.copy(file.id, to: .beside, as: sam) }
        await world.close()
    }

    @Test func placesThatCannotTakeItAreRefused() async throws {
        let world = try await World()
        let (alex, sam) = (try await world.person(), try await world.person("Sam", "Stone"))
        let file = try await world.put("hello", at: "a.txt", as: alex).node
        let theirs = try await world.vault.createFolder(try NodeName("Theirs"), in: nil, as: sam)
        await #expect(throws: VaultError.forbidden) {
            try await world.vault.copy(file.id, to: .folder(theirs.id), as: alex)
        }
        try await world.grant(.editor, on: theirs.id, to: alex, by: sam)
        _ = try await world.vault.locks.toggle(theirs.id, as: sam)
        await #expect(throws: VaultError.locked) {
            try await world.vault.copy(file.id, to: .folder(theirs.id), as: alex)
        }
        await #expect(throws: VaultError.destinationNotFound) {
            try await world.vault.copy(file.id, to: .folder(file.id), as: alex)
        }
        await #expect(throws: VaultError.destinationNotFound) {
            try await world.vault.copy(file.id, to: .folder(NodeID(7)), as: alex)
        }
        await #expect(throws: VaultError.notFound(.file)) {
            try await world.vault.copy(alex.root, to: .folder(nil), as: alex)
        }
        var deepest: NodeID?
        for number in 0..<NodeWrites.maximumDepth - 1 {
            deepest = try await world.vault.createFolder(try NodeName("\(number)"), in: deepest, as: alex).id
        }
        let pair = try await world.vault.createFolder(try NodeName("pair"), in: nil, as: alex)
        _ = try await world.vault.createFolder(try NodeName("inner"), in: pair.id, as: alex)
        await #expect(throws: VaultError.invalid(field: "destination_id", .tooDeep)) {
            try await world.vault.copy(pair.id, to: .folder(deepest), as: alex)
        }
        await world.close()
    }

    @Test func whatCannotBeReadIsNotCopiedInPart() async throws {
        let blobs = FaultyBlobStore(MemoryBlobStore())
        let world = try await World(blobs: blobs)
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("F"), in: nil, as: alex)
        let large = String(repeating: "x", count: 100_000)
        for name in ["a", "b"] { try await world.put(large, at: name, in: folder.id, as: alex) }
        let before = try await blobs.list(after: nil, limit: 100).count
        blobs.fail(.reader, at: 2, with: .unavailable("away"))
        await #expect(throws: (any Error).self) { try await world.vault.copy(folder.id, to: .beside, as: alex) }
        blobs.heal()
        #expect(try await names(world, nil, as: alex) == ["F"])
        #expect(try await blobs.list(after: nil, limit: 100).count == before)
        await world.close()
    }

    @Test func theJournalKnowsOriginalsAndCopies() async throws {
        let world = try await World()
        let alex = try await world.person()
        let auditor = try await world.person("Ada", "Lovelace", role: .auditeur)
        let folder = try await world.vault.createFolder(try NodeName("F"), in: nil, as: alex)
        let file = try await world.put("hello", at: "a.txt", in: folder.id, as: alex).node
        let copy = try await world.vault.copy(folder.id, to: .beside, as: alex)
        func entries(_ action: AuditAction) async throws -> [AuditEntry] {
            try await world.vault.auditTrail.entries(
                AuditFilter(action: action.rawValue), before: nil, limit: 10, as: auditor
            ).entries.reversed()
        }
        let copied = try await entries(.fileCopied)
        #expect(copied.map(\.row.event.targetID) == [folder.id.value, file.id.value])
        #expect(copied.map(\.targetName) == ["F", "a.txt"])
        #expect(copied.first?.details == "{\"copy_id\":\"\(copy.id)\"}")
        #expect(try await entries(.fileCreated).map(\.details) == ["{\"copied_from\":\"\(file.id)\"}"])
        #expect(try await entries(.folderCreated).last?.targetName == "Copy of F")
        await world.close()
    }
}
