import Database
import Synchronization
import Testing
import VaultTesting

@testable import Vault

/// Random acts on one tree: alone, held against a model after each of them; by several people at once, held against what
/// must hold whatever happens.
@Suite struct ModelTests {
    /// Set CLOUDSPACE_TEST_SEED to see a failure again.
    private static func seed() -> UInt64 {
        TestSeed.fromEnvironment ?? UInt64.random(in: 0 ... .max)
    }

    // MARK: Alone

    @Test func everyActDoesWhatTheModelSays() async throws {
        let seed = Self.seed()
        print("everyActDoesWhatTheModelSays: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let world = try await World()
        let alex = try await world.person()
        var model = ModelTree(root: alex.root)
        var known: [NodeID] = [alex.root]
        for step in 0..<400 {
            let act = try await Act.random(known, &random)
            let outcome = try await act.outcome(in: world, as: alex)
            let expected = act.expectation(in: model)
            #expect(outcome.refusal == expected, "seed \(seed), step \(step): \(act)")
            guard outcome.refusal == nil, expected == nil else { continue }
            let made = try await act.apply(to: &model, outcome, world, as: alex)
            known += made
            #expect(
                try await Self.differences(model, world, as: alex) == [], "seed \(seed), step \(step): after \(act)")
        }
        #expect(try await TreeInvariants.violations(in: world) == [], "seed \(seed)")
        await world.close()
    }

    /// Where the vault's tree is not the model's.
    private static func differences(_ model: ModelTree, _ world: World, as person: Principal) async throws -> [String] {
        var wrong: [String] = []
        var folders = [model.root]
        while let folder = folders.popLast() {
            let listed = try await world.vault.listFolder(folder, as: person).entries.map(\.node)
            let there = Dictionary(uniqueKeysWithValues: listed.map { ($0.id, $0.name.text) })
            let wanted = Dictionary(
                uniqueKeysWithValues: model.children(of: folder).map { ($0, model.entries[$0]?.name ?? "") })
            if there != wanted { wrong.append("\(folder): \(there), not \(wanted)") }
            folders += listed.filter(\.kind.isFolder).map(\.id)
        }
        let trashed = Set(try await world.vault.trash.list(limit: 10_000, as: person).items.map(\.node.id))
        let wanted = Set(model.entries.keys.filter(model.isInTrash))
        if trashed != wanted { wrong.append("trash: \(trashed), not \(wanted)") }
        return wrong
    }

    // MARK: Together

    @Test func severalPeopleAtOnceLeaveATreeThatHolds() async throws {
        let seed = Self.seed()
        print("severalPeopleAtOnceLeaveATreeThatHolds: seed \(seed)")
        let world = try await World()
        let alex = try await world.person()
        let team = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        var people = [alex]
        for (name, permission) in [("Olga", Permission.owner), ("Ed", .editor), ("Vi", .viewer)] {
            let person = try await world.person(name, "Guest")
            try await world.grant(permission, on: team.id, to: person, by: alex)
            people.append(person)
        }
        let (crowd, viewer) = (people, people[3].account)
        let crowdWork = CrowdWork(known: [team.id])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                let person = crowd[worker % crowd.count]
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(worker))
                    for _ in 0..<60 {
                        let choice = crowdWork.known
                        let act = try await Act.random(choice, &random, withLocks: true, root: team.id)
                        let outcome = try await act.outcome(in: world, as: person)
                        if let made = outcome.made { crowdWork.add(made) }
                        if outcome.refusal == nil, !outcome.failed {
                            crowdWork.succeeded(act)
                            if person.account == viewer { Issue.record("a viewer did \(act), seed \(seed)") }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await TreeInvariants.violations(in: world) == [], "seed \(seed)")
        let counts = crowdWork.counts
        // Acts that succeeded and lines of the journal are one number.
        let journal = try await world.database.read { snapshot in
            try snapshot.all("SELECT action, COUNT(*) FROM journal_events GROUP BY action") { row in
                (row.text(0), row.int(1))
            }
        }
        let lines = Dictionary(uniqueKeysWithValues: journal)
        for (kind, action) in [("rename", AuditAction.fileRenamed), ("move", .fileMoved), ("trash", .fileTrashed)] {
            #expect(lines[action.rawValue, default: 0] == counts[kind, default: 0], "\(kind), seed \(seed)")
        }
        #expect(counts.values.reduce(0, +) > 20, "too little came about: \(counts)")
        await world.close()
    }
}

/// What several people have made so far, and how often they succeeded.
private final class CrowdWork: Sendable {
    private let nodes: Mutex<[NodeID]>
    private let successes = Mutex<[String: Int]>([:])

    init(known: [NodeID]) { nodes = Mutex(known) }

    var known: [NodeID] { nodes.withLock { $0 } }
    var counts: [String: Int] { successes.withLock { $0 } }
    func add(_ node: NodeID) { nodes.withLock { $0.append(node) } }
    func succeeded(_ act: Act) { successes.withLock { $0[act.kind, default: 0] += 1 } }
}
