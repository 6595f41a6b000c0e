import Database
import Testing
import VaultTesting
import Versions

@testable import Vault

/// Every way somebody could try to destroy what a rule keeps, against every kind of rule.
@Suite struct EveryWayRoundTests {
    enum Rule: String, CaseIterable, Sendable { case governance, compliance, hold }

    enum Way: String, CaseIterable, Sendable {
        case trash, trashTheFolderAround, trashTheFolderThatBearsTheRule, trashWithOwnersGrant
        case purgeFromTheTrash, purgeTheFolderAroundFromTheTrash, emptyTheTrash, waitForTheTrashJob
        case moveOut, moveOutTwice, moveTheFolderOut, moveTheBearerIntoAnotherFolder
        case rename, addAVersion, bringAnOldVersionBack, restoreToTheRoot, copy, unshare, becomeOverQuota
        case eraseTheAccount, letVersionsExpire
    }

    @Test(arguments: Rule.allCases, Way.allCases)
    func itStays(_ rule: Rule, _ way: Way) async throws {
        try await withScene { scene in
            try await prepare(way, scene)
            switch rule {
            case .governance: try await scene.policy(.governance, on: scene.top)
            case .compliance: try await scene.policy(.compliance, on: scene.top)
            case .hold: try await scene.hold(on: scene.top)
            }
            try await go(way, scene)
            #expect(try await scene.isIntact())
        }
    }

    /// What was done before there was a rule.
    private func prepare(_ way: Way, _ scene: KeepingScene) async throws {
        let vault = scene.world.vault
        switch way {
        case .purgeFromTheTrash, .emptyTheTrash, .waitForTheTrashJob:
            _ = try await vault.trash.put(scene.file, as: scene.alex)
        case .purgeTheFolderAroundFromTheTrash:
            _ = try await vault.trash.put(scene.inner, as: scene.alex)
        case .restoreToTheRoot:
            _ = try await vault.trash.put(scene.file, as: scene.alex)
            _ = try await vault.trash.put(scene.inner, as: scene.alex)
        default: break
        }
    }

    private func go(_ way: Way, _ scene: KeepingScene) async throws {
        let (world, alex, file) = (scene.world, scene.alex, scene.file)
        let vault = world.vault
        func trash(_ node: NodeID, as principal: Principal? = nil) async {
            await expectKept { _ = try await vault.trash.put(node, as: principal ?? alex) }
        }
        switch way {
        case .trash: await trash(file)
        case .trashTheFolderAround: await trash(scene.inner)
        case .trashTheFolderThatBearsTheRule: await trash(scene.top)
        case .trashWithOwnersGrant:
            let sam = try await world.person("Sam", "Stone")
            try await world.share(file, with: sam, .owner, as: alex)
            await trash(file, as: sam)
        case .purgeFromTheTrash: await expectKept { _ = try await vault.purge(file, as: alex) }
        case .purgeTheFolderAroundFromTheTrash: await expectKept { _ = try await vault.purge(scene.inner, as: alex) }
        case .emptyTheTrash:
            let emptied = try await vault.purge.all(as: alex)
            #expect(emptied.items == 0 && emptied.kept == 1 && emptied.examples.map(\.node) == [file])
        case .waitForTheTrashJob:
            world.clock.advance(seconds: 40 * 86_400)
            #expect(try await vault.purge.expired() == 0)
        case .moveOut:
            _ = try await vault.move(file, to: nil, as: alex)
            await trash(file)
        case .moveOutTwice:
            let other = try await world.folder("Other", as: alex)
            _ = try await vault.move(file, to: other, as: alex)
            _ = try await vault.move(file, to: nil, as: alex)
            await trash(file)
            _ = try await vault.move(file, to: other, as: alex)
            await trash(other)
        case .moveTheFolderOut:
            _ = try await vault.move(scene.inner, to: nil, as: alex)
            await trash(file)
            await trash(scene.inner)
            _ = try await vault.move(file, to: nil, as: alex)
            await trash(file)
        case .moveTheBearerIntoAnotherFolder:
            let other = try await world.folder("Other", as: alex)
            _ = try await vault.move(scene.top, to: other, as: alex)
            await trash(file)
            await trash(other)
        case .rename:
            _ = try await vault.rename(file, to: try NodeName("other.txt"), as: alex)
            await trash(file)
        case .addAVersion:
            try await world.put("second", at: "contract.txt", in: scene.inner, as: alex)
            await trash(file)
        case .bringAnOldVersionBack:
            try await world.put("second", at: "contract.txt", in: scene.inner, as: alex)
            _ = try await RestoreVersion(world.core)(file, to: 1, as: alex)
            await trash(file)
        case .restoreToTheRoot:
            let restored = try await vault.trash.restore(file, as: alex)
            #expect(restored.place == .root)
            await trash(file)
        case .copy:
            let copy = try await vault.copy(file, to: .folder(nil), as: alex)
            // The copy is a document of its own, outside.
            _ = try await vault.trash.put(copy.id, as: alex)
            _ = try await vault.purge(copy.id, as: alex)
            await trash(file)
        case .unshare:
            let sam = try await world.person("Sam", "Stone")
            try await world.share(scene.top, with: sam, .owner, as: alex)
            try await vault.sharing.remove(scene.top, from: sam.account, as: alex)
            await trash(file)
        case .eraseTheAccount:
            let erase = vault.eraseAccount
            _ = try await erase.ask(alex.account, as: scene.admin)
            #expect(try await erase.run() == 0)
            #expect(try await erase.report(alex.account, as: scene.admin).kept.contains { $0.node == file })
        case .letVersionsExpire:
            try await world.put("second", at: "contract.txt", in: scene.inner, as: alex)
            let expiry = try #require(VersionExpiry(keepVersions: 1, keepFor: nil))
            try await scene.policy(.governance, on: scene.inner, days: 0, expiry: expiry)
            #expect(try await vault.housekeeping.run().expiredVersions == 0)
            #expect(try await world.text(of: file, version: 1, as: alex) == "first")
        case .becomeOverQuota:
            try await world.database.write { transaction in
                _ = try transaction.run("UPDATE accounts SET storage_limit = 0 WHERE id = \(alex.account)")
            }
            await #expect(throws: VaultError.quotaExceeded(remaining: 0)) {
                try await world.put("x", at: "new.txt", as: alex)
            }
            _ = try await vault.housekeeping.run()
        }
    }
}

/// What who manages retention can do, and what nobody can.
@Suite struct RetentionModeTests {
    @Test func complianceIsLengthenedAndNeverWeakened() async throws {
        try await withScene { scene in
            let retention = scene.world.vault.retention
            let policy = try await scene.policy(.compliance, on: scene.top)
            for change in [
                RetentionChange(duration: policy.duration - 1, reason: "shorter"),
                RetentionChange(duration: 0, expiry: .set(try #require(VersionExpiry(keepVersions: 1, keepFor: nil)))),
                RetentionChange(mode: .governance, reason: "softer"),
            ] {
                await #expect(throws: VaultError.self) {
                    try await retention.change(policy.id, change, as: scene.admin)
                }
            }
            await #expect(throws: VaultError.retention(.compliance)) {
                try await retention.lift(policy.id, reason: "away", as: scene.admin)
            }
            await #expect(throws: VaultError.retention(.compliance)) {
                try await retention.lift(policy.id, reason: "away", as: .localOperator)
            }
            await expectKept {
                _ = try await scene.world.vault.purge.bypassing(scene.file, reason: "away", as: scene.admin)
            }
            let longer = try await retention.change(
                policy.id, RetentionChange(duration: policy.duration + 1), as: scene.admin)
            #expect(longer.duration == policy.duration + 1)
            // Whatever it may have been a moment ago, its time still counts.
            scene.world.clock.advance(seconds: 400 * 86_400)
            await #expect(throws: VaultError.retention(.compliance)) {
                try await retention.lift(policy.id, reason: "over", as: scene.admin)
            }
            #expect(try await scene.isIntact())
        }
    }

    @Test func governanceIsShortenedAndLiftedWithAReason() async throws {
        try await withScene { scene in
            let retention = scene.world.vault.retention
            let policy = try await scene.policy(.governance, on: scene.top)
            let shorter = RetentionChange(duration: KeepingScene.day)
            await #expect(throws: VaultError.invalid(field: "reason", .missing)) {
                try await retention.change(policy.id, shorter, as: scene.admin)
            }
            await #expect(throws: VaultError.invalid(field: "reason", .missing)) {
                try await retention.lift(policy.id, reason: " ", as: scene.admin)
            }
            _ = try await retention.change(
                policy.id, RetentionChange(duration: KeepingScene.day, reason: "The law changed"), as: scene.admin)
            await expectKept { _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex) }
            scene.world.clock.advance(seconds: 86_401)
            _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex)
            let lifted = try await retention.lift(policy.id, reason: "No longer needed", as: scene.admin)
            #expect(lifted.liftedAt != nil)
            await #expect(throws: VaultError.retention(.lifted)) {
                try await retention.lift(policy.id, reason: "Again", as: scene.admin)
            }
            _ = try await scene.world.vault.trash.put(scene.top, as: scene.alex)
            #expect(try await scene.events(.retentionLifted) == 2)
        }
    }

    @Test func aBypassDestroysOneThingAndIsJournalled() async throws {
        try await withScene { scene in
            let purge = scene.world.vault.purge
            try await scene.policy(.governance, on: scene.top)
            await #expect(throws: VaultError.invalid(field: "reason", .missing)) {
                try await purge.bypassing(scene.file, reason: nil, as: scene.admin)
            }
            await #expect(throws: VaultError.roleForbids(.manageRetention)) {
                try await purge.bypassing(scene.file, reason: "mine", as: scene.alex)
            }
            let other = try await scene.world.put("x", at: "free.txt", as: scene.alex).node.id
            await #expect(throws: VaultError.retention(.nothingToBypass)) {
                try await purge.bypassing(other, reason: "no need", as: scene.admin)
            }
            #expect(try await purge.bypassing(scene.file, reason: "Court order", as: scene.admin).nodes == 1)
            #expect(try await scene.state(of: scene.file) == .purged)
            #expect(try await scene.events(.retentionBypassed) == 1)
            #expect(try await TreeInvariants.violations(in: scene.world) == [])
        }
    }

    @Test func aHoldIsNeverBypassed() async throws {
        try await withScene { scene in
            try await scene.policy(.governance, on: scene.top)
            try await scene.hold(on: scene.file)
            await expectKept {
                _ = try await scene.world.vault.purge.bypassing(scene.file, reason: "Court order", as: scene.admin)
            }
            #expect(try await scene.isIntact())
        }
    }

    @Test func eachVersionHasItsOwnClock() async throws {
        try await withScene { scene in
            let (world, alex) = (scene.world, scene.alex)
            try await scene.policy(.compliance, on: scene.top, days: 10)
            world.clock.advance(seconds: 9 * 86_400)
            try await world.put("second", at: "contract.txt", in: scene.inner, as: alex)
            world.clock.advance(seconds: 2 * 86_400)
            await expectKept { _ = try await world.vault.trash.put(scene.file, as: alex) }
            world.clock.advance(seconds: 8 * 86_400)
            _ = try await world.vault.trash.put(scene.file, as: alex)
            _ = try await world.vault.purge(scene.file, as: alex)
            // The folder that bears it stays, empty as it is.
            await expectKept { _ = try await world.vault.trash.put(scene.top, as: alex) }
            _ = try await world.vault.trash.put(scene.inner, as: alex)
        }
    }

    @Test func whatLeftIsBoundForWhatItWasAndNotForWhatComes() async throws {
        try await withScene { scene in
            let (world, alex) = (scene.world, scene.alex)
            let policy = try await scene.policy(.compliance, on: scene.top, days: 10)
            world.clock.advance(seconds: 86_400)
            _ = try await world.vault.move(scene.file, to: nil, as: alex)
            world.clock.advance(seconds: 5 * 86_400)
            try await world.put("outside", at: "contract.txt", as: alex)
            let answer = try await world.vault.explainKeeping(scene.file, as: alex)
            #expect(answer.bonds.map(\.bond.isCarried) == [true])
            #expect(answer.freeAt == Timestamp(milliseconds: World.start.milliseconds + 10 * KeepingScene.day))
            // Made longer, it is longer for what left, too.
            _ = try await world.vault.retention.change(
                policy.id, RetentionChange(duration: 20 * KeepingScene.day), as: scene.admin)
            world.clock.advance(seconds: 10 * 86_400)
            await expectKept { _ = try await world.vault.trash.put(scene.file, as: alex) }
            world.clock.advance(seconds: 5 * 86_400)
            _ = try await world.vault.trash.put(scene.file, as: alex)
        }
    }

    @Test func ofOverlappingPoliciesTheStrictestIsNamed() async throws {
        try await withScene { scene in
            try await scene.policy(.governance, on: scene.inner, days: 30)
            try await scene.policy(.compliance, on: scene.top, days: 10)
            try await scene.policy(.governance, on: scene.alex.root, days: 20)
            let answer = try await scene.world.vault.explainKeeping(scene.file, as: scene.alex)
            let days = answer.bonds.compactMap { bond in
                bond.bond.until.map { ($0.milliseconds - World.start.milliseconds) / KeepingScene.day }
            }
            #expect(days == [30, 20, 10])
            do {
                _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex)
                Issue.record("it was trashed")
            } catch VaultError.kept(.retention(let name, .governance, let until)) {
                #expect(name == "Contracts")
                #expect(until == answer.freeAt)
            }
            try await scene.hold(on: scene.file)
            await #expect(throws: VaultError.kept(.legalHold(name: nil))) {
                try await scene.world.vault.trash.put(scene.file, as: scene.alex)
            }
        }
    }

    @Test func whoMayNotKnowAHoldIsToldThatThereIsOneAndNoMore() async throws {
        try await withScene { scene in
            try await scene.hold(on: scene.top)
            let seen = try await scene.world.vault.explainKeeping(scene.file, as: scene.alex)
            #expect(seen.bonds.map(\.name) == [nil] && seen.bonds.map(\.reason) == [nil])
            #expect(seen.freeAt == nil)
            let known = try await scene.world.vault.explainKeeping(scene.file, as: scene.second)
            #expect(known.bonds.map(\.name) == ["Case 7"] && known.bonds.map(\.reason) == ["Litigation"])
            let stranger = try await scene.world.person("Stran", "Ger")
            await #expect(throws: VaultError.forbidden) {
                try await scene.world.vault.explainKeeping(scene.file, as: stranger)
            }
        }
    }

    @Test func whatCannotBeAPolicyIsRefused() async throws {
        try await withScene { scene in
            let retention = scene.world.vault.retention
            let year = RetentionRules(mode: .governance, duration: 365 * KeepingScene.day, expiry: nil)
            func set(
                _ rules: RetentionRules, name: String = "Contracts", reason: String? = "Law", on node: NodeID? = nil,
                as principal: Principal? = nil
            ) async throws {
                _ = try await retention.set(
                    rules, name: name, reason: reason, on: node ?? scene.top, as: principal ?? scene.admin)
            }
            await #expect(throws: VaultError.roleForbids(.manageRetention)) { try await set(year, as: scene.second) }
            await #expect(throws: VaultError.roleForbids(.manageRetention)) { try await set(year, as: scene.alex) }
            await #expect(throws: VaultError.invalid(field: "name", .empty)) { try await set(year, name: " ") }
            await #expect(throws: VaultError.invalid(field: "reason", .missing)) { try await set(year, reason: nil) }
            await #expect(throws: VaultError.invalid(field: "node_id", .notAFolder)) {
                try await set(year, on: scene.file)
            }
            await #expect(throws: VaultError.notFound(.folder)) { try await set(year, on: NodeID(7)) }
            for duration in [-1, 0, Int64.max, RetentionDuration.longest + 1] {
                await #expect(throws: VaultError.self) {
                    try await set(RetentionRules(mode: .governance, duration: duration, expiry: nil))
                }
            }
            for _ in 0..<RetentionPolicies.mostPerFolder { try await set(year) }
            await #expect(throws: VaultError.retention(.tooMany(maximum: RetentionPolicies.mostPerFolder))) {
                try await set(year)
            }
        }
    }
}

@Suite struct RetentionDurationTests {
    @Test(arguments: [
        ("P10Y", 3_660 * KeepingScene.day), ("P1Y6M", (366 + 186) * KeepingScene.day), ("P90D", 90 * KeepingScene.day),
        ("P2W", 14 * KeepingScene.day), ("PT12H30M5S", 45_005_000), ("P1DT1H", 90_000_000),
        ("30", 30 * KeepingScene.day),
        ("0", 0), ("P0D", 0),
    ])
    func isRead(_ text: String, _ milliseconds: Int64) {
        #expect(RetentionDuration.parse(text) == milliseconds)
        #expect(RetentionDuration.parse(RetentionDuration.text(milliseconds)) == milliseconds)
    }

    @Test(arguments: [
        "", "P", "PT", "P1", "1D", "P-1D", "P1.5D", "P1D1Y", "P1D1D", "P1H", "PT1D", "P1DT", "-3", "٣", "P٣D", "P101Y",
        "P99999999999999999999D", "99999999999999999999", "P1D ", "p1d", "+5",
    ])
    func isNotGuessedAt(_ text: String) {
        #expect(RetentionDuration.parse(text) == nil)
    }
}
