import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct ErasureTests {
    /// Alex with a second file, an old version, something in the trash, a shared folder, and words on Sam's document.
    private struct Person {
        let scene: KeepingScene
        let sam: Principal
        let other: NodeID
        let trashed: NodeID
        let foreign: NodeID

        init(_ scene: KeepingScene) async throws {
            self.scene = scene
            let (world, alex) = (scene.world, scene.alex)
            sam = try await world.person("Sam", "Stone")
            other = try await world.put("other", at: "other.txt", in: scene.inner, as: alex).node.id
            try await world.put("other, again", at: "other.txt", in: scene.inner, as: alex)
            trashed = try await world.put("old", at: "old.txt", as: alex).node.id
            _ = try await world.vault.trash.put(trashed, as: alex)
            try await world.share(scene.top, with: sam, .editor, as: alex)
            foreign = try await world.put("sam's", at: "sam.txt", as: sam).node.id
            try await world.share(foreign, with: alex, .editor, as: sam)
            _ = try await world.vault.comments.add(try CommentText("my words"), to: foreign, as: alex)
            _ = try await world.vault.star.toggle(foreign, as: alex)
            _ = try await world.vault.links.create(LinkTerms(), on: scene.file, as: alex)
        }

        var erase: EraseAccount { scene.world.vault.eraseAccount }
    }

    @Test func anAccountAndAllItsOwnGoesAndThePseudonymStays() async throws {
        try await withScene { scene in
            let person = try await Person(scene)
            let (world, alex) = (scene.world, scene.alex)
            let plan = try await person.erase.plan(alex.account, as: scene.admin)
            #expect(plan.status == .planned && plan.keptCount == 0)
            // Top, Inner and the root; contract, other and old.
            #expect(plan.destroyed.files == 3 && plan.destroyed.folders == 3)
            #expect(plan.destroyed.comments == 1 && plan.destroyed.links == 1)
            #expect(try await world.text(of: scene.file, as: alex) == "first", "a dry run changes nothing")

            #expect(try await person.erase.ask(alex.account, as: scene.admin).status == .asked)
            await #expect(throws: VaultError.erasure(.underWay)) {
                try await person.erase.ask(alex.account, as: scene.admin)
            }
            await #expect(throws: VaultError.erasure(.underWay)) {
                try await world.vault.accounts.administer(
                    alex.account, role: nil, status: .active, as: scene.admin)
            }
            #expect(try await person.erase.run() == 6)
            let report = try await person.erase.report(alex.account, as: scene.admin)
            #expect(report.status == .finished && report.keptCount == 0)
            #expect(report.destroyed == plan.destroyed)

            #expect(try await TreeInvariants.violations(in: world) == [])
            for node in [scene.top, scene.inner, scene.file, person.other, person.trashed, alex.root] {
                #expect(try await scene.state(of: node) == .purged)
            }
            let left = try await world.database.read { [core = world.core] snapshot in
                let key = try snapshot.exists("SELECT 1 FROM file_keys WHERE owner_id = \(alex.account)")
                let profile = try snapshot.exists(
                    "SELECT 1 FROM accounts WHERE id = \(alex.account) AND (sealed_profile IS NOT NULL OR email_tag IS NOT NULL)"
                )
                return (key, profile, try core.people.card(alex.account, in: snapshot).shortName)
            }
            #expect(left == (false, false, "Former member"))
            // What others have stays, without the words that were Alex's.
            #expect(try await world.text(of: person.foreign, as: person.sam) == "sam's")
            #expect(try await world.vault.comments.list(of: person.foreign, as: person.sam).comments.isEmpty)
            #expect(try await scene.events(.erasureAsked) == 1)
            #expect(try await scene.events(.accountErased) == 2)
            // The address is free again.
            let again = try await world.person()
            #expect(again.account != alex.account)
        }
    }

    @Test func theAccountIsClosedAtOnce() async throws {
        try await withScene { scene in
            let session = try await scene.world.vault.sessions.open(scene.alex.account, from: .local)
            _ = try await scene.world.vault.sessions.authenticate(session.token, from: .local)
            _ = try await scene.world.vault.eraseAccount.ask(scene.alex.account, as: scene.admin)
            await #expect(throws: VaultError.notSignedIn) {
                try await scene.world.vault.sessions.authenticate(session.token, from: .local)
            }
            await #expect(throws: VaultError.accountDisabled) {
                try await scene.world.vault.sessions.logIn(
                    email: "alex.davidson@example.com", password: World.password, from: .local)
            }
        }
    }

    @Test func whatRulesKeepStaysUntilTheLastOfThemEnds() async throws {
        try await withScene { scene in
            let person = try await Person(scene)
            let (world, alex) = (scene.world, scene.alex)
            let policy = try await scene.policy(.compliance, on: scene.inner, days: 10)
            let hold = try await scene.hold(on: scene.file)
            let plan = try await person.erase.plan(alex.account, as: scene.admin)
            #expect(plan.keptCount == 2)
            _ = try await person.erase.ask(alex.account, as: scene.admin)
            _ = try await person.erase.run()
            let report = try await person.erase.report(alex.account, as: scene.admin)
            #expect(report.status == .waiting && report.erasedAt != nil && report.finishedAt == nil)
            #expect(report.kept == plan.kept)
            #expect(
                Set(report.kept.map(\.node)) == [scene.file, person.other]
                    && report.kept.contains { $0.rule == .hold(hold.id) && $0.until == nil }
                    && report.kept.contains { $0.rule == .retention(policy.id, .compliance) && $0.until != nil })
            #expect(try await scene.isIntact())
            #expect(try await scene.isIntact(person.other))
            // Whom it was shared with reads it no more: it is kept, not used.
            await #expect(throws: VaultError.forbidden) { try await world.text(of: scene.file, as: person.sam) }

            world.clock.advance(seconds: 11 * 86_400)
            _ = try await person.erase.run()
            #expect(try await scene.state(of: person.other) == .purged)
            #expect(try await scene.isIntact())
            #expect(try await person.erase.run() == 0)
            try await scene.release(hold)
            _ = try await world.vault.housekeeping.run()
            #expect(try await person.erase.report(alex.account, as: scene.admin).status == .finished)
            #expect(try await scene.state(of: alex.root) == .purged)
            #expect(try await TreeInvariants.violations(in: world) == [])
        }
    }

    @Test func wordsOnAHeldDocumentAreEvidence() async throws {
        try await withScene { scene in
            let person = try await Person(scene)
            let hold = try await scene.hold(on: person.foreign)
            _ = try await person.erase.ask(scene.alex.account, as: scene.admin)
            _ = try await person.erase.run()
            #expect(try await person.erase.report(scene.alex.account, as: scene.admin).finishedAt == nil)
            let kept = try await scene.world.vault.comments.list(of: person.foreign, as: person.sam).comments
            #expect(kept.map(\.author.shortName) == ["Former member"])
            try await scene.release(hold)
            _ = try await person.erase.run()
            #expect(try await scene.world.vault.comments.list(of: person.foreign, as: person.sam).comments.isEmpty)
            #expect(try await person.erase.report(scene.alex.account, as: scene.admin).status == .finished)
        }
    }

    @Test func theLastAdministratorStaysAndOnlyAdministratorsErase() async throws {
        try await withScene { scene in
            let erase = scene.world.vault.eraseAccount
            await #expect(throws: VaultError.lastAdministrator) {
                try await erase.ask(scene.admin.account, as: scene.admin)
            }
            await #expect(throws: VaultError.lastAdministrator) {
                try await erase.askOwn(password: World.password, as: scene.admin)
            }
            await #expect(throws: VaultError.roleForbids(.manageAccounts)) {
                try await erase.ask(scene.second.account, as: scene.alex)
            }
            await #expect(throws: VaultError.roleForbids(.manageAccounts)) {
                try await erase.plan(scene.second.account, as: scene.alex)
            }
            await #expect(throws: VaultError.notFound(.account)) {
                try await erase.ask(AccountID(7), as: scene.admin)
            }
            await #expect(throws: VaultError.notFound(.erasure)) {
                try await erase.report(scene.alex.account, as: scene.admin)
            }
        }
    }

    @Test func onesOwnAccountTakesThePassword() async throws {
        try await withScene { scene in
            let erase = scene.world.vault.eraseAccount
            await #expect(throws: VaultError.wrongPassword) {
                try await erase.askOwn(password: "something else", as: scene.alex)
            }
            let plan = try await erase.plan(scene.alex.account, as: scene.alex)
            #expect(plan.destroyed.files == 1)
            let asked = try await erase.askOwn(password: World.password, as: scene.alex)
            #expect(asked.askedBy == scene.alex.account)
            let report = try await scene.world.vault.housekeeping.run()
            #expect(report.erasedNodes == 4)
        }
    }

    /// The work is cut off after each of its transactions in turn; another process goes on and ends where one would have.
    @Test func workThatIsCutOffGoesOnWhereItWas() async throws {
        try await withScene { scene in
            let person = try await Person(scene)
            for number in 0..<150 {
                try await scene.world.put("\(number)", at: "f\(number)", in: scene.inner, as: scene.alex)
            }
            let hold = try await scene.hold(on: person.other)
            let plan = try await person.erase.plan(scene.alex.account, as: scene.admin)
            _ = try await person.erase.ask(scene.alex.account, as: scene.admin)
            var cuts = 0
            while true {
                let node = try await scene.world.another()
                node.faults.fail(after: 4 + cuts)
                let isDone: Bool
                do {
                    _ = try await node.vault.eraseAccount.run()
                    isDone = true
                } catch DatabaseError.unreachable { isDone = false }
                node.faults.heal()
                if isDone { break }
                cuts += 1
                try #require(cuts < 100)
            }
            #expect(cuts >= 3)
            let report = try await person.erase.report(scene.alex.account, as: scene.admin)
            #expect(report.status == .waiting && report.kept == plan.kept)
            #expect(report.destroyed == plan.destroyed)
            #expect(try await TreeInvariants.violations(in: scene.world) == [])
            try await scene.release(hold)
            _ = try await person.erase.run()
            #expect(try await person.erase.report(scene.alex.account, as: scene.admin).status == .finished)
        }
    }

    @Test func aHoldThatComesWhileItRunsIsRespectedFromThenOn() async throws {
        try await withScene { scene in
            for number in 0..<300 {
                try await scene.world.put("\(number)", at: "f\(number)", in: scene.inner, as: scene.alex)
            }
            _ = try await scene.world.vault.eraseAccount.ask(scene.alex.account, as: scene.admin)
            async let work = scene.world.vault.eraseAccount.run()
            async let hold = scene.hold(on: scene.top)
            _ = try await (work, hold)
            let alive = try await scene.world.database.read { snapshot in
                try snapshot.all(
                    "SELECT id FROM nodes WHERE space_id = \(scene.alex.space) AND state <> 2 AND kind = 0"
                ) {
                    $0.id(0) as NodeID
                }
            }
            for node in alive { #expect(try await scene.isIntact(node)) }
            #expect(try await scene.world.vault.eraseAccount.run() == 0)
            #expect(try await TreeInvariants.violations(in: scene.world) == [])
        }
    }
}
