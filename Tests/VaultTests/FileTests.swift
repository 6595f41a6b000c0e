import BlobStore
import Testing
import VaultTesting

@testable import Vault

@Suite struct FileTests {
    @Test func whatIsStoredComesBack() async throws {
        let world = try await World()
        let alex = try await world.person()
        let saved = try await world.put("the first words", at: "notes.txt", as: alex)
        #expect(saved.created)
        #expect(saved.version.number == 1)
        #expect(try await world.text(of: saved.node.id, as: alex) == "the first words")
        await world.close()
    }

    @Test(arguments: [0, 1, 16_383, 16_384, 32_640, 40_000, 300_000])
    func contentOfAnySizeComesBackByteForByte(_ size: Int) async throws {
        let world = try await World()
        let alex = try await world.person()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName("data.bin"), conflict: .version))
        let slabs = try await world.vault.save(request, .stream(Slabs(bytes, of: 10_000)), as: alex)
        let opened = try await world.vault.open(slabs.node.id, as: alex)
        #expect(try await opened.reader.readAll(limit: 1 << 20) == bytes)
        #expect(opened.version.size == Int64(size))
        await world.close()
    }

    @Test func theSameNameGetsANewVersionAndLosesNothing() async throws {
        let world = try await World()
        let alex = try await world.person()
        let first = try await world.put("one", at: "Plan.txt", as: alex)
        let second = try await world.put("two", at: "plan.TXT", as: alex)
        #expect(second.node.id == first.node.id)
        #expect(second.version.number == 2)
        #expect(!second.created)
        #expect(second.node.name.text == "Plan.txt")
        #expect(try await world.text(of: first.node.id, version: 1, as: alex) == "one")
        #expect(try await world.text(of: first.node.id, as: alex) == "two")
        await world.close()
    }

    @Test func aConflictIsRenamedOrRefusedWhenAsked() async throws {
        let world = try await World()
        let alex = try await world.person()
        try await world.put("one", at: "a.txt", as: alex)
        func save(_ conflict: NameConflict) async throws -> SavedContent {
            let target = SaveTarget.place(parent: nil, name: try NodeName("a.txt"), conflict: conflict)
            return try await world.vault.save(SaveRequest(target: target), .bytes([1]), as: alex)
        }
        #expect(try await save(.rename).node.name.text == "a (1).txt")
        #expect(try await save(.rename).node.name.text == "a (2).txt")
        await #expect(throws: VaultError.nameTaken(isFolder: false)) { try await save(.refuse) }
        await world.close()
    }

    @Test func aFolderOfThatNameIsNeverReplaced() async throws {
        let world = try await World()
        let alex = try await world.person()
        _ = try await world.vault.createFolder(try NodeName("thing"), in: nil, as: alex)
        await #expect(throws: VaultError.nameTaken(isFolder: true)) { try await world.put("x", at: "thing", as: alex) }
        await world.close()
    }

    @Test func aRetriedRequestActsOnce() async throws {
        let world = try await World()
        let alex = try await world.person()
        let target = SaveTarget.place(parent: nil, name: try NodeName("a.txt"), conflict: .version)
        let request = SaveRequest(target: target, idempotencyKey: "upload-1")
        let first = try await world.vault.save(request, .bytes([1, 2, 3]), as: alex)
        let second = try await world.vault.save(request, .bytes([1, 2, 3]), as: alex)
        #expect(second.replayed)
        #expect(second.version == first.version)
        await #expect(throws: VaultError.idempotencyMismatch) {
            try await world.vault.save(request, .bytes([9]), as: alex)
        }
        await world.close()
    }

    /// Before its body is read: a used key is no way around the quota.
    @Test func aUsedKeyDoesNotLetALargerBodyIn() async throws {
        let world = try await World(allowance: FixedAllowance(bytes: 100))
        let alex = try await world.person()
        let target = SaveTarget.place(parent: nil, name: try NodeName("a.txt"), conflict: .refuse)
        let request = SaveRequest(target: target, idempotencyKey: "upload-1")
        _ = try await world.vault.save(request, .bytes([UInt8](repeating: 7, count: 80)), as: alex)
        try await world.vault.save.precheck(request, announcedSize: 80, as: alex)
        await #expect(throws: VaultError.idempotencyMismatch) {
            try await world.vault.save.precheck(request, announcedSize: 81, as: alex)
        }
        await world.close()
    }

    @Test func aStaleIfMatchChangesNothing() async throws {
        let world = try await World()
        let alex = try await world.person()
        let first = try await world.put("one", at: "a.txt", as: alex)
        try await world.put("two", at: "a.txt", as: alex)
        let request = SaveRequest(target: .file(first.node.id), expectedHead: first.version.id)
        await #expect(throws: VaultError.versionMismatch) { try await world.vault.save(request, .bytes([3]), as: alex) }
        #expect(try await world.text(of: first.node.id, as: alex) == "two")
        await world.close()
    }

    @Test func manyAtOnceUnderOneNameMakeVersionsWithoutGapOrDouble() async throws {
        let world = try await World()
        let alex = try await world.person()
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<24 {
                group.addTask { try await world.put("content \(index)", at: "same.txt", as: alex).version.number }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...24))
        await world.close()
    }

    @Test func anUploadPastTheLimitIsRefusedAndLeavesNothing() async throws {
        let blobs = MemoryBlobStore()
        let world = try await World(blobs: blobs, allowance: FixedAllowance(bytes: 100_000))
        let alex = try await world.person()
        try await world.put(String(repeating: "x", count: 60_000), at: "a.txt", as: alex)
        await #expect(throws: VaultError.quotaExceeded(remaining: 40_000)) {
            try await world.put(String(repeating: "y", count: 40_001), at: "b.txt", as: alex)
        }
        let usage = try await world.vault.accounts.usage(of: alex)
        #expect(usage.used == 60_000)
        #expect(try await blobs.list(after: nil, limit: 10).count == 1)
        await world.close()
    }

    @Test func aBodyThatBreaksOffLeavesNothingVisible() async throws {
        let blobs = MemoryBlobStore()
        let world = try await World(blobs: blobs)
        let alex = try await world.person()
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName("a.bin"), conflict: .version))
        let broken = Slabs([UInt8](repeating: 1, count: 200_000), of: 50_000, breakingOffAfter: 2)
        await #expect(throws: VaultError.bodyCutOff) { try await world.vault.save(request, .stream(broken), as: alex) }
        let page = try await world.vault.listFolder(nil, as: alex)
        #expect(page.total == 0)
        #expect(try await blobs.list(after: nil, limit: 10).isEmpty)
        await world.close()
    }

    @Test func aForeignFileIsForbiddenAndAnUnknownOneIsNotFound() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sam = try await world.person("Sam", "Stone")
        let saved = try await world.put("secret", at: "a.txt", as: alex)
        await #expect(throws: VaultError.forbidden) { try await world.text(of: saved.node.id, as: sam) }
        await #expect(throws: VaultError.forbidden) { try await world.vault.describe(saved.node.id, as: sam) }
        await #expect(throws: VaultError.forbidden) { try await world.vault.trash.put(saved.node.id, as: sam) }
        await #expect(throws: VaultError.forbidden) {
            try await world.vault.save(SaveRequest(target: .file(saved.node.id)), .bytes([1]), as: sam)
        }
        await #expect(throws: VaultError.notFound(.file)) { try await world.text(of: NodeID(7), as: alex) }
        await world.close()
    }

    @Test func aReaderMayReadAndNothingElse() async throws {
        let world = try await World()
        let lea = try await world.person("Lea", "Reader", role: .lecteur)
        await #expect(throws: VaultError.roleForbids(.writeContent)) { try await world.put("x", at: "a.txt", as: lea) }
        let otto = try await world.person("Otto", "Auditor", role: .auditeur)
        await #expect(throws: VaultError.roleForbids(.readContent)) { try await world.vault.listFolder(nil, as: otto) }
        _ = try await world.vault.auditTrail.entries(AuditFilter(), before: nil, limit: 10, as: otto)
        await world.close()
    }
}

/// Bytes handed out in slabs.
actor Slabs: PlainStream {
    nonisolated let contentLength: Int64?
    private var rest: [[UInt8]]
    private var untilBreak: Int?

    init(_ bytes: [UInt8], of size: Int, breakingOffAfter: Int? = nil) {
        contentLength = nil
        rest = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
        untilBreak = breakingOffAfter
    }

    func next() async throws -> [UInt8]? {
        if let left = untilBreak {
            if left == 0 { throw VaultError.bodyCutOff }
            untilBreak = left - 1
        }
        return rest.isEmpty ? nil : rest.removeFirst()
    }
}
