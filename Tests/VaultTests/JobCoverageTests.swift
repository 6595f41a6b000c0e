import BlobStore
import Database
import Foundation
import Journal
import Testing
import VaultTesting
import Versions

@testable import Vault

/// Jobs that do something say so in the journal: every job the program runs is here, with its events or with why it has none.
@Suite struct JobCoverageTests {
    /// A job with work to do.
    struct Row: Sendable, CustomTestStringConvertible {
        let job: String
        let events: Set<String>
        let act: @Sendable (World) async throws -> Void

        var testDescription: String { job }
    }

    static let rows: [Row] = [
        Row(
            job: "housekeeping",
            events: ["tokens_expired", "notifications_expired", "file_deleted", "orphans_collected"]
        ) { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let file = try await world.put("x", at: "a.txt", as: alex)
            _ = try await world.vault.sharing.share(
                file.node.id, with: try EmailAddress("sam.stone@example.com"), permission: .viewer, as: alex)
            try await world.vault.notifications.markAllRead(as: sam)
            _ = try await world.vault.trash.put(file.node.id, as: alex)
            _ = try await world.core.sealer.seal(.bytes([UInt8](repeating: 1, count: 100_000)), for: NodeID(1))
            world.clock.advance(seconds: 100 * 86_400)
            _ = try await world.vault.housekeeping.run()
            _ = try await world.vault.housekeeping.collectOrphans(now: Timestamp(milliseconds: .max / 2))
        },
        Row(job: "tidying", events: ["file_downloaded", "access_refused"]) { world in
            let alex = try await world.person()
            let file = try await world.put("x", at: "a.txt", as: alex)
            _ = try await world.text(of: file.node.id, as: alex)
            let refused = RefusedAttempt(.plain, route: "GET /", code: "access_denied", target: nil)
            try await world.core.refusals.record(refused, by: alex)
            let before = try await Self.count(world)
            _ = try await world.text(of: file.node.id, as: alex)
            try await world.core.refusals.record(refused, by: alex)
            #expect(try await Self.count(world) == before)
            world.clock.advance(seconds: 301)
            try await world.vault.housekeeping.tidy()
            #expect(try await Self.count(world) == before + 2)
        },
        Row(job: "presence expiry", events: ["presence_expired"]) { world in
            _ = try await world.person()
            try await world.core.presence.flush()
            world.clock.advance(milliseconds: Presence.timeout + 1)
            #expect(try await world.core.presence.expire() == 1)
        },
        Row(job: "erasure", events: ["erasure_asked", "file_deleted", "account_erased"]) { world in
            let admin = try await world.person("Ada", "Min", role: .admin)
            let alex = try await world.person()
            try await world.put("x", at: "a.txt", as: alex)
            _ = try await world.vault.eraseAccount.ask(alex.account, as: admin)
            _ = try await world.vault.eraseAccount.run()
        },
        Row(job: "rewrite watch", events: ["rewrite_burst_noticed"]) { world in
            let alex = try await world.person()
            let watch = RewriteWatch(world.core)
            for number in 0..<50 { try await world.put("one", at: "\(number).txt", as: alex) }
            for number in 0..<50 { try await world.put("two", at: "\(number).txt", as: alex) }
            #expect(try await watch.round().count == 1)
        },
        Row(job: "tree restores", events: ["folder_rewound", "version_restored"]) { world in
            let alex = try await world.person()
            let before = world.clock.now()
            for number in 0..<201 { try await world.put("one", at: "\(number).txt", as: alex) }
            world.clock.advance(seconds: 60)
            for number in 0..<201 { try await world.put("two", at: "\(number).txt", as: alex) }
            _ = try await RestoreTree(world.core)(RestoreTree.Request(folder: nil, moment: before), as: alex)
            try await TreeRestoreWork(world.core).run()
        },
    ]

    /// Jobs that leave no event of their own, each with its reason.
    static let silent: [String: String] = [
        "checkpoint": "what it makes is the signature of the journal, kept beside it",
        "sequencer": "it puts events into the tree", "checkpoints": "runs the job checkpoint",
        "presence": "notes who was seen",
        "notifications": "wakes who listens",
        "key distribution": "takes over a ring that another node changed, and journalled",
        "sequencer watch": "tells the log when the sequencer fails",
    ]

    /// Jobs that others test with what they deliver.
    static let elsewhere: Set<String> = [
        "deliveries", "witness", "rotation", "backups", "archive restores", "key bundle",
    ]

    @Test func everyJobOfTheProgramIsHere() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
        let folder = root.appending(path: "Sources/cloudspace/Serving")
        var names: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: #/job\(\s*"([^"]+)"/#) { names.insert(String(match.1)) }
            for match in text.matches(of: #/PeriodicJob\(\s*name: "([^"]+)"/#) { names.insert(String(match.1)) }
            for match in text.matches(of: #/LeasedJob\(\.(\w+)/#) { names.insert(String(match.1)) }
        }
        #expect(names.count > 5)
        // A lease bears the name of its job, but for presence, whose job says more.
        let known = Set(Self.rows.map(\.job)).union(Self.silent.keys).union(Self.elsewhere)
        #expect(names.subtracting(known) == [], "say which events it leaves, or why it leaves none")
        #expect(known.subtracting(names) == [], "no such job")
    }

    @Test(arguments: rows)
    func aJobWithWorkToDoLeavesItsEvents(_ row: Row) async throws {
        let world = try await World()
        try await row.act(world)
        let actions = try await world.database.read { snapshot in
            try snapshot.all("SELECT DISTINCT action FROM journal_events") { $0.text(0) }
        }
        #expect(Set(actions).isSuperset(of: row.events), "\(row.events.subtracting(actions)) is missing")
        await world.close()
    }

    private static func count(_ world: World) async throws -> Int64 {
        try await world.database.read { try $0.first("SELECT COUNT(*) FROM journal_events") { $0.integer(0) } ?? 0 }
    }
}
