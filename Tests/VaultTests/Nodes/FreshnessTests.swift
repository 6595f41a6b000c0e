import Database
import Testing
import VaultTesting

@testable import Vault

/// What one node did is honoured by every other within two seconds; what is asked of the database is honoured at once.
@Suite struct FreshnessTests {
    /// Two nodes, and somebody whom the second one knows already.
    private struct Pair {
        let one: World
        let two: World
        let admin: Principal
        let alex: Principal
        let token: String

        init() async throws {
            one = try await World()
            two = try await one.another()
            admin = try await one.person("Ada", "Min", role: .admin)
            alex = try await one.person()
            token = try await one.vault.sessions.open(alex.account, from: .local).token
            _ = try await two.vault.sessions.authenticate(token, from: .local)
        }

        func turn() { one.clock.advance(seconds: 2) }

        func close() async {
            await two.close()
            await one.close()
        }
    }

    @Test func aRevokedSessionIsRefusedByTheOtherNode() async throws {
        let pair = try await Pair()
        let principal = try await pair.one.vault.sessions.authenticate(pair.token, from: .local)
        try await pair.one.vault.sessions.logOut(principal)
        pair.turn()
        await #expect(throws: VaultError.notSignedIn) {
            try await pair.two.vault.sessions.authenticate(pair.token, from: .local)
        }
        await pair.close()
    }

    @Test func aDisabledAccountIsOutOnTheOtherNode() async throws {
        let pair = try await Pair()
        _ = try await pair.one.vault.accounts.administer(
            pair.alex.account, role: nil, status: .disabled, as: pair.admin)
        pair.turn()
        await #expect(throws: VaultError.notSignedIn) {
            try await pair.two.vault.sessions.authenticate(pair.token, from: .local)
        }
        await pair.close()
    }

    @Test func aChangedRoleHoldsOnTheOtherNode() async throws {
        let pair = try await Pair()
        _ = try await pair.one.vault.accounts.administer(pair.alex.account, role: .lecteur, status: nil, as: pair.admin)
        pair.turn()
        let principal = try await pair.two.vault.sessions.authenticate(pair.token, from: .local)
        #expect(principal.role == .lecteur)
        await #expect(throws: VaultError.roleForbids(.writeContent)) {
            try await pair.two.put("x", at: "a.txt", as: principal)
        }
        await pair.close()
    }

    /// A body in three slabs; something happens before the second.
    private actor SlowBody: PlainStream {
        nonisolated let contentLength: Int64? = 150_000
        private let meanwhile: @Sendable () async throws -> Void
        private var slabs = 0

        init(_ meanwhile: @escaping @Sendable () async throws -> Void) { self.meanwhile = meanwhile }

        func next() async throws -> [UInt8]? {
            slabs += 1
            if slabs == 2 { try await meanwhile() }
            return slabs > 3 ? nil : [UInt8](repeating: 1, count: 50_000)
        }
    }

    @Test(arguments: [nil, AccountStatus.disabled])
    func anUploadThatWasUnderWayIsRefusedToWhoMayNoMore(_ status: AccountStatus?) async throws {
        let pair = try await Pair()
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName("a.bin"), conflict: .version))
        let body = SlowBody {
            _ = try await pair.one.vault.accounts.administer(
                pair.alex.account, role: status == nil ? .lecteur : nil, status: status, as: pair.admin)
        }
        await #expect(throws: status == nil ? VaultError.roleForbids(.writeContent) : .notSignedIn) {
            try await pair.two.vault.save(request, .stream(body), as: pair.alex)
        }
        #expect(try await pair.one.database.read { try $0.exists("SELECT 1 FROM versions") } == false)
        #expect(try await pair.one.blobs.list(after: nil, limit: 1).isEmpty, "what was written is taken away again")
        await pair.close()
    }

    @Test func anUploadThatWasUnderWayIsRefusedWhenItsSenderSignedOut() async throws {
        let pair = try await Pair()
        let principal = try await pair.two.vault.sessions.authenticate(pair.token, from: .local)
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName("a.bin"), conflict: .version))
        let body = SlowBody { try await pair.one.vault.sessions.logOut(principal) }
        await #expect(throws: VaultError.notSignedIn) {
            try await pair.two.vault.save(request, .stream(body), as: principal)
        }
        await pair.close()
    }

    @Test func aNodeThatWasBusyReadingDoesNotKeepWhatItReadForLonger() async throws {
        let pair = try await Pair()
        let cache = FreshCache<Int, String>(database: pair.two.database, limit: 10, steady: pair.two.clock)
        // The reading takes longer than an answer is fresh: it is given out once and not kept.
        let first = try await cache.value(1) {
            pair.one.clock.advance(seconds: 3)
            _ = try await cache.value(2) { "other" }
            return "old"
        }
        #expect(first == "old")
        #expect(try await cache.value(1) { "new" } == "new")
        await pair.close()
    }

    @Test func aGrantTakenAwayHidesTheFileOnTheOtherNode() async throws {
        let pair = try await Pair()
        let sam = try await pair.one.person("Sam", "Stone")
        let folder = try await pair.one.vault.createFolder(try NodeName("Team"), in: nil, as: pair.alex)
        let file = try await pair.one.put("x", at: "a.txt", in: folder.id, as: pair.alex)
        try await pair.one.grant(.viewer, on: folder.id, to: sam, by: pair.alex)
        #expect(try await pair.two.vault.listFolder(folder.id, as: sam).entries.count == 1)
        _ = try await pair.two.vault.describe(file.node.id, as: sam)
        try await pair.one.database.write { transaction in
            _ = try transaction.run("DELETE FROM grants WHERE node_id = \(folder.id)")
        }
        // Content is asked of the database each time, lists and details within the second.
        await #expect(throws: VaultError.forbidden) { try await pair.two.text(of: file.node.id, as: sam) }
        pair.turn()
        await #expect(throws: VaultError.forbidden) { try await pair.two.vault.listFolder(folder.id, as: sam) }
        await #expect(throws: VaultError.forbidden) { try await pair.two.vault.describe(file.node.id, as: sam) }
        await pair.close()
    }

    @Test func aLockHoldsOnTheOtherNodeAtOnceAndIsSeenThere() async throws {
        let pair = try await Pair()
        let sam = try await pair.one.person("Sam", "Stone")
        let file = try await pair.one.put("x", at: "a.txt", as: pair.alex)
        try await pair.one.grant(.editor, on: file.node.id, to: sam, by: pair.alex)
        #expect(try await !pair.two.vault.describe(file.node.id, as: sam).isLocked)
        #expect(try await pair.one.vault.locks.toggle(file.node.id, as: pair.alex))
        await #expect(throws: VaultError.locked) {
            try await pair.two.vault.save(SaveRequest(target: .file(file.node.id)), .bytes([1]), as: sam)
        }
        pair.turn()
        #expect(try await pair.two.vault.describe(file.node.id, as: sam).isLocked)
        await pair.close()
    }

    @Test func aNewNameIsSeenOnTheOtherNode() async throws {
        let pair = try await Pair()
        let file = try await pair.one.put("x", at: "a.txt", as: pair.alex)
        #expect(try await pair.two.vault.listFolder(nil, as: pair.alex).entries.map(\.node.name.text) == ["a.txt"])
        _ = try await pair.one.vault.rename(file.node.id, to: try NodeName("b.txt"), as: pair.alex)
        _ = try await pair.one.vault.accounts.update(ProfileChange(firstName: "Alexandra"), as: pair.alex)
        pair.turn()
        let listed = try await pair.two.vault.listFolder(nil, as: pair.alex).entries
        #expect(listed.map(\.node.name.text) == ["b.txt"])
        #expect(listed.first?.owners.map(\.firstName) == ["Alexandra"])
        await pair.close()
    }

    @Test func aShreddedFileCannotBeReadOnTheOtherNode() async throws {
        let pair = try await Pair()
        let file = try await pair.one.put("secret", at: "a.txt", as: pair.alex)
        #expect(try await pair.two.text(of: file.node.id, as: pair.alex) == "secret")
        #expect(try await pair.two.vault.listFolder(nil, as: pair.alex).entries.count == 1)
        _ = try await pair.one.vault.trash.put(file.node.id, as: pair.alex)
        _ = try await pair.one.vault.purge(file.node.id, as: pair.alex)
        await #expect(throws: VaultError.notFound(.file)) {
            try await pair.two.text(of: file.node.id, as: pair.alex)
        }
        pair.turn()
        await #expect(throws: VaultError.notFound(.file)) {
            try await pair.two.vault.describe(file.node.id, as: pair.alex)
        }
        #expect(try await pair.two.vault.listFolder(nil, as: pair.alex).entries.isEmpty)
        await pair.close()
    }

    @Test func aKeyDestroyedElsewhereIsNotUsedFromMemory() async throws {
        let pair = try await Pair()
        _ = try await pair.two.vault.accounts.own(pair.alex)
        try await pair.one.database.write { transaction in
            _ = try transaction.run("DELETE FROM file_keys WHERE owner_id = \(pair.alex.account)")
        }
        pair.turn()
        await #expect(throws: VaultError.notFound(.account)) { try await pair.two.vault.accounts.own(pair.alex) }
        await pair.close()
    }

    @Test func theJournalHasOneTreeWhoeverSequences() async throws {
        let pair = try await Pair()
        for number in 0..<12 {
            let node = number.isMultiple(of: 2) ? pair.one : pair.two
            try await node.put("\(number)", at: "\(number).txt", as: pair.alex)
            try await (number.isMultiple(of: 3) ? pair.one : pair.two).core.sequencer.catchUp()
        }
        async let left: Void = pair.one.core.sequencer.catchUp()
        async let right: Void = pair.two.core.sequencer.catchUp()
        _ = try await (left, right)
        let checkpoints = [
            try await pair.one.core.sequencer.makeCheckpoint(), try await pair.two.core.sequencer.makeCheckpoint(),
        ]
        #expect(checkpoints[0].head == checkpoints[1].head)
        let (events, journal) = (
            try await pair.one.database.read { snapshot in
                try snapshot.first("SELECT count(*) FROM journal_events", { $0.integer(0) })
            }, pair.two.journal
        )
        #expect(checkpoints[0].head.size == events)
        let report = try await journal.verifyAll(pair.two.database)
        #expect(report.isSound)
        await pair.close()
    }
}
