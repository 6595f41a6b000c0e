import BlobStore
import Database
import Testing
import VaultTesting
import Versions

@testable import Vault

@Suite struct ExpiryTests {
    private func rule(newest: Int? = nil, days: Int64? = nil) throws -> VersionExpiry {
        try #require(VersionExpiry(keepVersions: newest, keepFor: days.map { $0 * KeepingScene.day }))
    }

    /// Versions 1 to `count` of the file, a day apart.
    private func versions(_ count: Int, in scene: KeepingScene) async throws {
        for number in 2...count {
            scene.world.clock.advance(seconds: 86_400)
            try await scene.world.put("version \(number)", at: "contract.txt", in: scene.inner, as: scene.alex)
        }
    }

    private func expired(_ scene: KeepingScene, _ node: NodeID? = nil) async throws -> [Int] {
        let page = try await History(scene.world.core)(node ?? scene.file, as: scene.alex)
        return page.expired.keys.sorted()
    }

    @Test func versionsThatNoRuleKeepsGoAndTheirRowsStay() async throws {
        try await withScene { scene in
            try await versions(5, in: scene)
            let policy = try await scene.policy(.governance, on: scene.top, days: 0, expiry: try rule(newest: 3))
            let plan = try await scene.world.vault.expireVersions.plan(policy.id, after: nil, as: scene.admin)
            #expect(
                plan.decisions.map(\.verdict) == [
                    .expires(policy.id), .expires(policy.id), .newest(3, policy.id), .newest(3, policy.id), .current,
                ])
            #expect(try await expired(scene) == [], "a dry run changes nothing")
            let report = try await scene.world.vault.expireVersions.run(policy.id, as: scene.admin)
            #expect(report == ExpireVersions.Report(versions: 2, bytes: 14, isCut: false))
            #expect(try await expired(scene) == [1, 2])
            for number in [1, 2] {
                await #expect(throws: VaultError.versionExpired(number: number)) {
                    try await scene.world.text(of: scene.file, version: number, as: scene.alex)
                }
                await #expect(throws: VaultError.versionExpired(number: number)) {
                    try await RestoreVersion(scene.world.core)(scene.file, to: number, as: scene.alex)
                }
            }
            #expect(try await scene.world.text(of: scene.file, version: 3, as: scene.alex) == "version 3")
            let left = try await scene.world.database.read { snapshot in
                try snapshot.first(
                    "SELECT (SELECT COUNT(*) FROM versions), (SELECT COUNT(*) FROM blobs)"
                ) { ($0.int(0), $0.int(1)) }
            }
            #expect(left?.0 == 5 && left?.1 == 3)
            #expect(try await scene.events(.versionExpired) == 2)
            #expect(try await scene.world.vault.expireVersions.run(policy.id, as: scene.admin).versions == 0)
        }
    }

    @Test func theCurrentVersionNeverGoesHoweverOld() async throws {
        try await withScene { scene in
            try await versions(2, in: scene)
            try await scene.policy(.governance, on: scene.top, days: 0, expiry: try rule(days: 1))
            scene.world.clock.advance(seconds: 1_000 * 86_400)
            #expect(try await scene.world.vault.expireVersions.runAll().versions == 1)
            #expect(try await scene.world.text(of: scene.file, as: scene.alex) == "version 2")
        }
    }

    @Test func contentThatALaterVersionSharesStays() async throws {
        try await withScene { scene in
            try await versions(2, in: scene)
            scene.world.clock.advance(seconds: 86_400)
            _ = try await RestoreVersion(scene.world.core)(scene.file, to: 1, as: scene.alex)
            let policy = try await scene.policy(.governance, on: scene.top, days: 0, expiry: try rule(newest: 1))
            _ = try await scene.world.vault.expireVersions.run(policy.id, as: scene.admin)
            #expect(try await expired(scene) == [1, 2])
            #expect(try await scene.world.text(of: scene.file, as: scene.alex) == "first")
            // And goes with the last that has it.
            try await scene.world.put("fourth", at: "contract.txt", in: scene.inner, as: scene.alex)
            _ = try await scene.world.vault.expireVersions.run(policy.id, as: scene.admin)
            let blobs = try await scene.world.database.read { snapshot in
                try snapshot.first("SELECT COUNT(*) FROM blobs", { $0.int(0) })
            }
            #expect(blobs == 1)
        }
    }

    @Test func contentInTheStoreIsDeletedThere() async throws {
        let blobs = MemoryBlobStore()
        let world = try await World(blobs: blobs)
        let scene = try await KeepingScene(world)
        for letter in ["a", "b"] {
            try await world.put(
                String(repeating: letter, count: 100_000), at: "contract.txt", in: scene.inner, as: scene.alex)
        }
        #expect(try await blobs.list(after: nil, limit: 10).count == 2)
        let policy = try await scene.policy(.governance, on: scene.top, days: 0, expiry: try rule(newest: 1))
        _ = try await world.vault.expireVersions.run(policy.id, as: scene.admin)
        #expect(try await blobs.list(after: nil, limit: 10).count == 1)
        #expect(try await world.text(of: scene.file, as: scene.alex).hasPrefix("bbb"))
        await world.close()
    }

    @Test func aMinimumDurationAndAHoldComeBeforeExpiry() async throws {
        try await withScene { scene in
            try await versions(4, in: scene)
            let policy = try await scene.policy(.governance, on: scene.inner, days: 0, expiry: try rule(newest: 1))
            let minimum = try await scene.policy(.compliance, on: scene.top, days: 2)
            func verdicts() async throws -> [ExpiryDecision.Verdict] {
                try await scene.world.vault.expireVersions.plan(policy.id, after: nil, as: scene.admin).decisions
                    .map(\.verdict)
            }
            let start = World.start.milliseconds
            let third = Timestamp(milliseconds: start + 4 * KeepingScene.day)
            // Made on days 0, 1, 2 and 3; it is day 3.
            #expect(
                try await verdicts() == [
                    .expires(policy.id), .expires(policy.id), .retention(until: third, minimum.id), .current,
                ])
            let hold = try await scene.hold(on: scene.file)
            #expect(try await verdicts() == [.hold(hold.id), .hold(hold.id), .hold(hold.id), .current])
            #expect(try await scene.world.vault.expireVersions.runAll().versions == 0)
            try await scene.release(hold)
            #expect(try await scene.world.vault.expireVersions.runAll().versions == 2)
        }
    }

    @Test func ofTwoRulesTheOneThatKeepsMoreWins() async throws {
        try await withScene { scene in
            try await versions(6, in: scene)
            let few = try await scene.policy(.governance, on: scene.inner, days: 0, expiry: try rule(newest: 1))
            let more = try await scene.policy(.governance, on: scene.top, days: 0, expiry: try rule(newest: 4))
            let plan = try await scene.world.vault.expireVersions.plan(few.id, after: nil, as: scene.admin)
            #expect(plan.decisions.map(\.expires) == [true, true, false, false, false, false])
            #expect(plan.decisions[2].verdict == .newest(4, more.id))
        }
    }

    @Test func aFileThatLeftIsNoLongerTidied() async throws {
        try await withScene { scene in
            try await versions(3, in: scene)
            let policy = try await scene.policy(.governance, on: scene.top, days: 1, expiry: try rule(newest: 1))
            _ = try await scene.world.vault.move(scene.file, to: nil, as: scene.alex)
            scene.world.clock.advance(seconds: 100 * 86_400)
            #expect(try await scene.world.vault.expireVersions.runAll().versions == 0)
            #expect(
                try await scene.world.vault.expireVersions.plan(policy.id, after: nil, as: scene.admin).decisions == [])
        }
    }

    @Test func whatLetsNothingGoHasNothingToPlan() async throws {
        try await withScene { scene in
            let policy = try await scene.policy(.governance, on: scene.top)
            await #expect(throws: VaultError.retention(.noExpiry)) {
                try await scene.world.vault.expireVersions.plan(policy.id, after: nil, as: scene.admin)
            }
            await #expect(throws: VaultError.roleForbids(.manageRetention)) {
                try await scene.world.vault.expireVersions.run(policy.id, as: scene.second)
            }
        }
    }

    /// On vaults made at random, with rules made at random: what the dry run says, page by page, is what happens.
    @Test(arguments: 0..<6)
    func aDryRunIsWhatHappens(_ round: Int) async throws {
        try await withScene { scene in
            let seed = (TestSeed.fromEnvironment ?? 7) &+ UInt64(round)
            var random = SeededGenerator(seed: seed)
            var folders = [scene.top, scene.inner]
            for index in 0..<4 {
                folders.append(
                    try await scene.world.folder(
                        "Folder \(index)", in: folders[Int.random(in: folders.indices, using: &random)], as: scene.alex)
                )
            }
            var files: [(NodeID, String)] = []
            for index in 0..<8 {
                let folder = folders[Int.random(in: folders.indices, using: &random)]
                for number in 1...Int.random(in: 1...7, using: &random) {
                    scene.world.clock.advance(seconds: Int64.random(in: 0...200_000, using: &random))
                    try await scene.world.put("\(index) \(number)", at: "f\(index)", in: folder, as: scene.alex)
                }
                files.append((folder, "f\(index)"))
            }
            var expiring: [RetentionPolicyID] = []
            for _ in 0..<5 {
                let expiry = VersionExpiry(
                    keepVersions: Bool.random(using: &random) ? Int.random(in: 1...4, using: &random) : nil,
                    keepFor: Bool.random(using: &random)
                        ? Int64.random(in: 1...8, using: &random) * KeepingScene.day : nil)
                let days = Int64.random(in: expiry == nil ? 1...6 : 0...4, using: &random)
                let policy = try await scene.policy(
                    .governance, on: folders[Int.random(in: folders.indices, using: &random)], days: days,
                    expiry: expiry)
                if expiry != nil { expiring.append(policy.id) }
            }
            if Bool.random(using: &random) { try await scene.hold(on: folders[folders.count - 1]) }
            let expire = scene.world.vault.expireVersions
            var planned: Set<String> = []
            for policy in expiring {
                var cursor: ExpiryCursor?
                repeat {
                    let page = try await expire.plan(policy, after: cursor, as: scene.admin)
                    for decision in page.decisions where decision.expires {
                        planned.insert("\(decision.node) \(decision.number)")
                    }
                    cursor = page.next
                } while cursor != nil
            }
            _ = try await expire.runAll()
            let gone = try await scene.world.database.read { snapshot in
                try snapshot.all("SELECT node_id, number FROM expired_versions") {
                    "\($0.id(0) as NodeID) \($0.int(1))"
                }
            }
            #expect(Set(gone) == planned, "seed \(seed)")
            #expect(try await TreeInvariants.violations(in: scene.world) == [])
        }
    }

    @Test func longHistoriesArePlannedInPages() async throws {
        try await withScene { scene in
            let count = ExpireVersions.pageSize + 30
            for number in 2...count {
                try await scene.world.put("\(number)", at: "contract.txt", in: scene.inner, as: scene.alex)
            }
            let policy = try await scene.policy(.governance, on: scene.top, days: 0, expiry: try rule(newest: 1))
            let expire = scene.world.vault.expireVersions
            let first = try await expire.plan(policy.id, after: nil, as: scene.admin)
            let second = try await expire.plan(policy.id, after: first.next, as: scene.admin)
            #expect(first.decisions.count == ExpireVersions.pageSize)
            #expect(first.decisions.count + second.decisions.count == count)
            #expect(second.next == nil)
            #expect(try await expire.runAll().versions == count - 1)
        }
    }
}
