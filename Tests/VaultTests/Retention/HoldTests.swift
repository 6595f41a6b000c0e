import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct HoldTests {
    @Test func aHoldEndsWhenTwoPeopleAgreeAndNotBefore() async throws {
        try await withScene { scene in
            let holds = scene.world.vault.holds
            let hold = try await scene.hold(on: scene.top)
            await #expect(throws: VaultError.hold(.noReleasePending)) {
                try await holds.confirmRelease(hold.id, as: scene.second)
            }
            let asked = try await holds.askRelease(hold.id, of: nil, reason: "Settled", as: scene.admin)
            #expect(asked.pending?.askedBy == scene.admin.account)
            await expectKept { _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex) }
            await #expect(throws: VaultError.hold(.samePerson)) {
                try await holds.confirmRelease(hold.id, as: scene.admin)
            }
            await #expect(throws: VaultError.roleForbids(.holdDocuments)) {
                try await holds.confirmRelease(hold.id, as: scene.alex)
            }
            await #expect(throws: VaultError.hold(.releasePending)) {
                try await holds.askRelease(hold.id, of: nil, reason: "Again", as: scene.second)
            }
            let refused = try await holds.refuseRelease(hold.id, reason: "Not yet", as: scene.second)
            #expect(refused.pending == nil && refused.releasedAt == nil)
            try await scene.release(hold)
            _ = try await scene.world.vault.trash.put(scene.top, as: scene.alex)
            await #expect(throws: VaultError.hold(.released)) {
                try await holds.extend(hold.id, to: [scene.alex.root], as: scene.admin)
            }
            #expect(try await scene.events(.holdReleaseAsked) == 2)
            #expect(try await scene.events(.holdReleaseRefused) == 1)
            // The refused confirmation of one's own request is one of them.
            #expect(try await scene.events(.holdReleased) == 2)
        }
    }

    @Test func theLocalOperatorIsOnePersonToo() async throws {
        try await withScene { scene in
            let holds = scene.world.vault.holds
            let hold = try await holds.open(
                name: "Case 8", reason: "Tax", on: [scene.top], as: .localOperator)
            _ = try await holds.askRelease(hold.id, of: nil, reason: "Over", as: .localOperator)
            await #expect(throws: VaultError.hold(.samePerson)) {
                try await holds.confirmRelease(hold.id, as: .localOperator)
            }
            #expect(try await holds.confirmRelease(hold.id, as: scene.second).releasedAt != nil)
        }
    }

    @Test func aRightThatWasTakenAwayConfirmsNothing() async throws {
        try await withScene { scene in
            let holds = scene.world.vault.holds
            let hold = try await scene.hold(on: scene.top)
            _ = try await holds.askRelease(hold.id, of: nil, reason: "Settled", as: scene.admin)
            _ = try await scene.world.vault.accounts.administer(
                scene.second.account, role: .lecteur, status: nil, as: scene.admin)
            await #expect(throws: VaultError.roleForbids(.holdDocuments)) {
                try await holds.confirmRelease(hold.id, as: scene.second)
            }
        }
    }

    @Test func takingANodeOutNeedsTwoPeopleAndLeavesTheRest() async throws {
        try await withScene { scene in
            let holds = scene.world.vault.holds
            let other = try await scene.world.put("x", at: "other.txt", as: scene.alex).node.id
            let hold = try await scene.hold(on: scene.file, other)
            await #expect(throws: VaultError.hold(.notListed)) {
                try await holds.askRelease(hold.id, of: [scene.inner], reason: "Not his", as: scene.admin)
            }
            _ = try await holds.askRelease(hold.id, of: [other, other], reason: "Not his", as: scene.admin)
            await expectKept { _ = try await scene.world.vault.trash.put(other, as: scene.alex) }
            let after = try await holds.confirmRelease(hold.id, as: scene.second)
            #expect(after.releasedAt == nil && after.nodes == 1)
            _ = try await scene.world.vault.trash.put(other, as: scene.alex)
            await expectKept { _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex) }
            // And back under it.
            _ = try await scene.world.vault.trash.restore(other, as: scene.alex)
            #expect(try await holds.extend(hold.id, to: [other], as: scene.admin).nodes == 2)
            await expectKept { _ = try await scene.world.vault.trash.put(other, as: scene.alex) }
        }
    }

    @Test func whatComesIntoAHeldFolderIsHeldAndWhatLeavesStaysHeld() async throws {
        try await withScene { scene in
            let hold = try await scene.hold(on: scene.top)
            let new = try await scene.world.put("new", at: "new.txt", in: scene.inner, as: scene.alex).node.id
            await expectKept { _ = try await scene.world.vault.trash.put(new, as: scene.alex) }
            _ = try await scene.world.vault.move(new, to: nil, as: scene.alex)
            await expectKept { _ = try await scene.world.vault.trash.put(new, as: scene.alex) }
            let nodes = try await scene.world.vault.holds.nodes(
                of: hold.id, after: nil, limit: 10, as: scene.second
            ).nodes
            #expect(nodes.map(\.isCarried).sorted { !$0 && $1 } == [false, true])
            #expect(Set(nodes.map(\.name)) == ["Top", "new.txt"])
            // It ends for what left together with the rest.
            try await scene.release(hold)
            _ = try await scene.world.vault.trash.put(new, as: scene.alex)
        }
    }

    @Test func aHoldOnTheTrashStopsItsPurge() async throws {
        try await withScene { scene in
            let vault = scene.world.vault
            _ = try await vault.trash.put(scene.inner, as: scene.alex)
            let hold = try await scene.hold(on: scene.file)
            await expectKept { _ = try await vault.purge(scene.inner, as: scene.alex) }
            #expect(try await vault.purge.all(as: scene.alex).kept == 1)
            scene.world.clock.advance(seconds: 31 * 86_400)
            #expect(try await vault.purge.expired() == 0)
            try await scene.release(hold)
            #expect(try await vault.purge.expired() == 1)
            #expect(try await scene.state(of: scene.file) == .purged)
        }
    }

    @Test func whatIsGoneCannotBeHeldAndThenNothingIs() async throws {
        try await withScene { scene in
            let other = try await scene.world.put("x", at: "other.txt", as: scene.alex).node.id
            _ = try await scene.world.vault.trash.put(other, as: scene.alex)
            _ = try await scene.world.vault.purge(other, as: scene.alex)
            await #expect(throws: VaultError.notFound(.file)) { try await scene.hold(on: scene.file, other) }
            await #expect(throws: VaultError.notFound(.file)) { try await scene.hold(on: NodeID(5)) }
            await #expect(throws: VaultError.invalid(field: "node_ids", .missing)) { try await scene.hold() }
            _ = try await scene.world.vault.trash.put(scene.file, as: scene.alex)
            #expect(
                try await scene.world.vault.holds.list(before: nil, limit: 10, as: scene.admin).holds.isEmpty)
        }
    }

    /// Either the hold is first, and nothing is destroyed, or the purge is, and the hold is refused: never both.
    @Test func aHoldAndAPurgeAtOnceHaveAnOrder() async throws {
        try await withScene { scene in
            let vault = scene.world.vault
            var held = 0
            for round in 0..<30 {
                let node = try await scene.world.put("x", at: "f\(round).txt", as: scene.alex).node.id
                _ = try await vault.trash.put(node, as: scene.alex)
                async let holding = attempt { _ = try await scene.hold(on: node) }
                async let purging = attempt { _ = try await vault.purge(node, as: scene.alex) }
                let outcome = await (holding, purging)
                let state = try await scene.state(of: node)
                switch outcome {
                case (true, false):
                    held += 1
                    #expect(state == .trashed)
                    #expect(try await scene.isIntact(node))
                case (false, true): #expect(state == .purged)
                default: Issue.record("held \(outcome.0), purged \(outcome.1)")
                }
            }
            let count = try await vault.holds.list(before: nil, limit: 100, as: scene.admin).holds.count
            #expect(count == held)
        }
    }

    private func attempt(_ act: () async throws -> Void) async -> Bool {
        do {
            try await act()
            return true
        } catch { return false }
    }

    @Test func namesAndReasonsRestSealed() async throws {
        try await withScene { scene in
            try await scene.hold(on: scene.top)
            try await scene.policy(.governance, on: scene.top)
            let texts = try await scene.world.database.read { snapshot in
                try snapshot.all("SELECT sealed_text FROM holds UNION ALL SELECT sealed_text FROM retention_policies") {
                    $0.bytes(0)
                }
            }
            #expect(texts.count == 2)
            for text in texts {
                for word in ["Case 7", "Litigation", "Contracts", "Commercial"] {
                    #expect(!text.contains(Array(word.utf8)))
                }
            }
            // The journal opens them for those who may read it.
            let entries = try await scene.world.vault.auditTrail.entries(
                AuditFilter(action: "hold_opened"), before: nil, limit: 10, as: scene.second
            ).entries
            #expect(entries.map(\.targetName) == ["Case 7"])
            #expect(entries.first?.row.event.targetKind == "gel")
        }
    }

    @Test func casesAreListedInPages() async throws {
        try await withScene { scene in
            for _ in 0..<5 { try await scene.hold(on: scene.file) }
            let holds = scene.world.vault.holds
            let first = try await holds.list(before: nil, limit: 3, as: scene.second)
            let second = try await holds.list(before: first.next, limit: 3, as: scene.second)
            #expect(first.holds.count == 3 && second.holds.count == 2 && second.next == nil)
            #expect(Set((first.holds + second.holds).map(\.id)).count == 5)
            await #expect(throws: VaultError.roleForbids(.holdDocuments)) {
                try await holds.list(before: nil, limit: 3, as: scene.alex)
            }
        }
    }
}
