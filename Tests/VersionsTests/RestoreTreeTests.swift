import BlobStore
import Database
import Foundation
import Testing
import Vault
import VaultTesting

@testable import Versions

/// A drive on which time passes between acts.
struct TimedDrive: Sendable {
    let world: World
    let alex: Principal

    init(settings: VaultSettings = VaultSettings(), limit: Int64 = FixedAllowance.defaultLimit) async throws {
        world = try await World(allowance: FixedAllowance(bytes: limit), settings: settings)
        alex = try await world.person()
    }

    /// A moment that nothing else shares.
    func moment() -> Timestamp {
        world.clock.advance(seconds: 60)
        defer { world.clock.advance(seconds: 60) }
        return world.clock.now()
    }

    func folder(_ name: String, in parent: NodeID? = nil) async throws -> NodeID {
        try await world.vault.createFolder(try NodeName(name), in: parent, as: alex).id
    }

    func put(_ text: String, at name: String, in parent: NodeID? = nil) async throws -> NodeID {
        try await world.put(text, at: name, in: parent, as: alex).node.id
    }

    func rename(_ id: NodeID, _ name: String) async throws {
        _ = try await world.vault.rename(id, to: try NodeName(name), as: alex)
    }

    @discardableResult
    func restore(
        _ folder: NodeID? = nil, to moment: Timestamp, newer: NewerNodes = .keep, dryRun: Bool = false
    ) async throws -> RestoreTree.Report {
        let tree = RestoreTree(world.core)
        let report = try await tree(
            RestoreTree.Request(
                folder: folder, moment: moment, newer: newer, isDryRun: dryRun, message: "back to then"), as: alex)
        try await TreeRestoreWork(world.core).run()
        return try await tree.report(report.restore.id, as: alex)
    }

    /// Everything that lives, by path: the text of files, "/" for folders.
    func tree(_ folder: NodeID? = nil, at path: String = "") async throws -> [String: String] {
        var found: [String: String] = [:]
        let page = try await world.vault.listFolder(folder, limit: 10_000, as: alex)
        for entry in page.entries {
            let place = path + entry.node.name.text
            if entry.node.kind.isFolder {
                found[place] = "/"
                found.merge(try await tree(entry.node.id, at: place + "/")) { first, _ in first }
            } else {
                found[place] = try await world.text(of: entry.node.id, as: alex)
            }
        }
        return found
    }

    /// The same as the past shows it.
    func past(_ folder: NodeID? = nil, at moment: Timestamp, path: String = "") async throws -> [String: String] {
        var found: [String: String] = [:]
        for node in try await TreeAsOf(world.core)(folder, at: moment, limit: 10_000, as: alex).entries {
            let place = path + (node.name?.text ?? "?")
            if node.kind.isFolder {
                found[place] = "/"
                found.merge(try await past(node.id, at: moment, path: place + "/")) { first, _ in first }
            } else {
                let content = try await world.vault.open(node.id, asOf: moment, as: alex)
                found[place] = String(decoding: try await content.reader.readAll(limit: 1 << 20), as: UTF8.self)
            }
        }
        return found
    }

    func actions(of node: NodeID) async throws -> [String] {
        try await world.database.read { snapshot in
            try snapshot.all(
                "SELECT action FROM journal_events WHERE target_id = \(node) AND action <> 'file_downloaded' ORDER BY sequence"
            ) {
                $0.text(0)
            }
        }
    }

    func close() async { await world.close() }
}

@Suite struct RestoreTreeTests {
    @Test func whatWasRewrittenRenamedMovedAndDeletedComesBack() async throws {
        let drive = try await TimedDrive()
        let projects = try await drive.folder("Projects")
        let plan = try await drive.put("plan one", at: "plan.txt", in: projects)
        let notes = try await drive.put("notes", at: "notes.txt", in: projects)
        let old = try await drive.folder("Old", in: projects)
        let letter = try await drive.put("letter", at: "letter.txt", in: old)
        let before = drive.moment()
        let expected = try await drive.tree()

        try await drive.world.put("encrypted", at: "plan.txt", in: projects, as: drive.alex)
        try await drive.rename(plan, "plan.txt.locked")
        _ = try await drive.world.vault.move(letter, to: nil, as: drive.alex)
        _ = try await drive.world.vault.trash.put(old, as: drive.alex)
        _ = try await drive.world.vault.trash.put(notes, as: drive.alex)
        let ransom = try await drive.put("pay", at: "README.txt", in: projects)

        let preview = try await drive.restore(to: before, newer: .trash, dryRun: true)
        #expect(preview.restore.state == .preview)
        #expect(preview.counts.planned == 5)
        #expect(preview.counts.byAct == [.version: 1, .rename: 1, .undelete: 2, .move: 1, .trash: 1])
        #expect(preview.restore.unchanged == 1)
        #expect(try await drive.tree()["Projects/plan.txt.locked"] == "encrypted")

        let report = try await drive.restore(to: before, newer: .trash)
        #expect(report.restore.state == .completed)
        #expect(report.counts.done == 5)
        #expect(report.counts.refused == 0)
        #expect(try await drive.tree() == expected)
        let trash = try await drive.world.vault.trash.list(limit: 10, as: drive.alex)
        #expect(trash.items.map(\.node.id) == [ransom])
        #expect(
            try await drive.actions(of: plan).suffix(2) == ["file_renamed", "version_restored"])
        #expect(try await drive.actions(of: notes).last == "file_restored")
        #expect(try await drive.actions(of: letter).last == "file_moved")

        let versions = try await History(drive.world.core)(plan, as: drive.alex).versions
        #expect(versions.map(\.number) == [3, 2, 1])
        #expect(versions[0].cause == .restore)
        #expect(versions[0].restoredFrom == 1)
        #expect(versions[0].blob == versions[2].blob)
        #expect(versions[0].meta.message == "back to then")
        await drive.close()
    }

    @Test func restoringTwiceDoesNothingTwice() async throws {
        let drive = try await TimedDrive()
        let file = try await drive.put("one", at: "a.txt")
        let before = drive.moment()
        try await drive.world.put("two", at: "a.txt", as: drive.alex)
        #expect(try await drive.restore(to: before).counts.done == 1)
        let again = try await drive.restore(to: before)
        #expect(again.counts.total == 0)
        #expect(again.restore.unchanged == 1)
        #expect(try await History(drive.world.core)(file, as: drive.alex).current == 3)
        await drive.close()
    }

    @Test func twoFilesThatSwappedTheirNamesSwapThemBack() async throws {
        let drive = try await TimedDrive()
        let (a, b) = (try await drive.put("a", at: "a.txt"), try await drive.put("b", at: "b.txt"))
        let before = drive.moment()
        try await drive.rename(a, "c.txt")
        try await drive.rename(b, "a.txt")
        try await drive.rename(a, "b.txt")
        let report = try await drive.restore(to: before)
        #expect(try await drive.tree() == ["a.txt": "a", "b.txt": "b"])
        #expect(report.counts.done == 2)
        let items = try await RestoreTree(drive.world.core).items(report.restore.id, outcome: nil, as: drive.alex)
        #expect(items.items.allSatisfy { !$0.isNumbered })
        await drive.close()
    }

    @Test func aNameThatANewerFileKeepsIsNumberedAndTold() async throws {
        let drive = try await TimedDrive()
        let old = try await drive.put("old", at: "a.txt")
        let before = drive.moment()
        _ = try await drive.world.vault.trash.put(old, as: drive.alex)
        _ = try await drive.put("new", at: "a.txt")
        let report = try await drive.restore(to: before)
        #expect(try await drive.tree() == ["a.txt": "new", "a (1).txt": "old"])
        #expect(report.restore.newerKept == 1)
        let items = try await RestoreTree(drive.world.core).items(report.restore.id, outcome: .done, as: drive.alex)
        #expect(items.items.map(\.isNumbered) == [true])

        // With newer ones out of the way, the name is free in the end.
        try await drive.restore(to: before, newer: .trash)
        #expect(try await drive.tree() == ["a.txt": "old"])
        await drive.close()
    }

    @Test func foldersThatWereTurnedInsideOutAreTurnedBack() async throws {
        let drive = try await TimedDrive()
        let a = try await drive.folder("A")
        let b = try await drive.folder("B", in: a)
        _ = try await drive.put("x", at: "x.txt", in: b)
        let before = drive.moment()
        _ = try await drive.world.vault.move(b, to: nil, as: drive.alex)
        _ = try await drive.world.vault.move(a, to: b, as: drive.alex)
        try await drive.restore(to: before)
        #expect(try await drive.tree() == ["A": "/", "A/B": "/", "A/B/x.txt": "x"])
        await drive.close()
    }

    @Test func aFolderOfTheTrashComesBackWithItsParentsAndTheRestStaysInTheTrash() async throws {
        let drive = try await TimedDrive()
        let top = try await drive.folder("Top")
        let wanted = try await drive.folder("Wanted", in: top)
        _ = try await drive.put("w", at: "w.txt", in: wanted)
        let other = try await drive.folder("Other", in: top)
        let file = try await drive.put("o", at: "o.txt", in: other)
        let before = drive.moment()
        let late = try await drive.put("late", at: "late.txt", in: wanted)
        _ = try await drive.world.vault.trash.put(top, as: drive.alex)
        let report = try await drive.restore(wanted, to: before)
        #expect(report.restore.state == .completed)
        #expect(try await drive.tree() == ["Top": "/", "Top/Wanted": "/", "Top/Wanted/w.txt": "w"])
        let trash = try await drive.world.vault.trash.list(limit: 10, as: drive.alex)
        #expect(Set(trash.items.map(\.node.id)) == [other, late])
        // What is left can be brought back as ever, and the past tells the same.
        let now = drive.moment()
        #expect(try await drive.past(at: now) == (try await drive.tree()))
        _ = try await drive.world.vault.trash.restore(other, as: drive.alex)
        #expect(try await drive.tree()["Top/Other/o.txt"] == "o")
        #expect(try await drive.world.text(of: file, as: drive.alex) == "o")
        await drive.close()
    }

    @Test func whatWasShreddedIsRefusedAndListedWithoutItsName() async throws {
        let drive = try await TimedDrive()
        let gone = try await drive.put("secret", at: "secret.txt")
        _ = try await drive.put("kept", at: "kept.txt")
        let before = drive.moment()
        try await drive.world.put("new", at: "kept.txt", as: drive.alex)
        _ = try await drive.world.vault.trash.put(gone, as: drive.alex)
        _ = try await drive.world.vault.purge(gone, as: drive.alex)
        let report = try await drive.restore(to: before)
        #expect(report.counts.done == 1)
        #expect(report.counts.byReason == [.shredded: 1])
        let refused = try await RestoreTree(drive.world.core).items(
            report.restore.id, outcome: .refused, as: drive.alex)
        #expect(refused.items.map(\.node) == [gone])
        #expect(refused.items.first?.name == nil)
        await drive.close()
    }

    @Test func whatSomebodyElseHoldsIsRefusedAndTheRestGoesOn() async throws {
        let drive = try await TimedDrive()
        let sam = try await drive.world.person("Sam", "Stone")
        let held = try await drive.put("one", at: "held.txt")
        _ = try await drive.put("one", at: "free.txt")
        let before = drive.moment()
        try await drive.world.put("two", at: "held.txt", as: drive.alex)
        try await drive.world.put("two", at: "free.txt", as: drive.alex)
        _ = try await drive.world.vault.sharing.share(
            held, with: try EmailAddress("sam.stone@example.com"), permission: .owner, as: drive.alex)
        _ = try await drive.world.vault.locks.toggle(held, as: sam)
        let report = try await drive.restore(to: before)
        #expect(report.counts.byReason == [.locked: 1])
        #expect(try await drive.tree() == ["held.txt": "two", "free.txt": "one"])
        await drive.close()
    }

    @Test func theQuotaIsRespectedFileByFile() async throws {
        let drive = try await TimedDrive(limit: 1_000)
        _ = try await drive.put(String(repeating: "a", count: 900), at: "big.txt")
        _ = try await drive.put("small one", at: "small.txt")
        let before = drive.moment()
        try await drive.world.put("tiny", at: "big.txt", as: drive.alex)
        try await drive.world.put("changed!!", at: "small.txt", as: drive.alex)
        _ = try await drive.put(String(repeating: "b", count: 900), at: "other.txt")
        let report = try await drive.restore(to: before)
        #expect(report.counts.byReason == [.quotaExceeded: 1])
        #expect(try await drive.tree()["small.txt"] == "small one")
        await drive.close()
    }

    @Test func whatALegalHoldKeepsIsNotTrashed() async throws {
        let drive = try await TimedDrive()
        let admin = try await drive.world.person("Ada", "Min", role: .admin)
        let before = drive.moment()
        let held = try await drive.put("evidence", at: "evidence.txt")
        _ = try await drive.put("other", at: "other.txt")
        _ = try await drive.world.vault.holds.open(
            name: "Case", reason: "a reason", on: [held], as: admin)
        let report = try await drive.restore(to: before, newer: .trash)
        #expect(report.counts.byReason == [.legalHoldActive: 1])
        #expect(try await drive.tree() == ["evidence.txt": "evidence"])
        await drive.close()
    }

    @Test func aNewerFolderWithSomethingOlderInItStays() async throws {
        let drive = try await TimedDrive()
        let sam = try await drive.world.person("Sam", "Stone")
        let held = try await drive.put("one", at: "held.txt")
        _ = try await drive.world.vault.sharing.share(
            held, with: try EmailAddress("sam.stone@example.com"), permission: .owner, as: drive.alex)
        let before = drive.moment()
        let newer = try await drive.folder("Newer")
        _ = try await drive.world.vault.move(held, to: newer, as: drive.alex)
        _ = try await drive.put("n", at: "n.txt", in: newer)
        _ = try await drive.world.vault.locks.toggle(held, as: sam)
        let report = try await drive.restore(to: before, newer: .trash)
        #expect(report.counts.byReason == [.locked: 2])
        #expect(try await drive.tree() == ["Newer": "/", "Newer/held.txt": "one"])
        await drive.close()
    }

    @Test func onlyOwnersBringBackAndOnlyOneAtATime() async throws {
        let drive = try await TimedDrive()
        let sam = try await drive.world.person("Sam", "Stone")
        let folder = try await drive.folder("Shared")
        let before = drive.moment()
        _ = try await drive.world.vault.sharing.share(
            folder, with: try EmailAddress("sam.stone@example.com"), permission: .editor, as: drive.alex)
        let tree = RestoreTree(drive.world.core)
        await #expect(throws: VaultError.forbidden) {
            try await tree(RestoreTree.Request(folder: folder, moment: before), as: sam)
        }
        let future = Timestamp(milliseconds: drive.world.clock.now().milliseconds + 1)
        await #expect(throws: VaultError.past(.inTheFuture)) {
            try await tree(RestoreTree.Request(folder: folder, moment: future), as: drive.alex)
        }
        await #expect(throws: VaultError.past(.beforeTheSpace(since: World.start))) {
            try await tree(RestoreTree.Request(folder: nil, moment: Timestamp(milliseconds: 0)), as: drive.alex)
        }
        let report = try await tree(RestoreTree.Request(folder: folder, moment: before), as: drive.alex)
        await #expect(throws: VaultError.forbidden) { try await tree.report(report.restore.id, as: sam) }
        await #expect(throws: VaultError.restore(.ended)) { try await tree.cancel(report.restore.id, as: drive.alex) }
        await drive.close()
    }

    @Test func aLargeRestoreWaitsForTheJobAndCanBeCancelled() async throws {
        let drive = try await TimedDrive()
        for number in 0..<450 { _ = try await drive.put("one", at: "\(number).txt") }
        let before = drive.moment()
        for number in 0..<450 { try await drive.world.put("two", at: "\(number).txt", as: drive.alex) }
        let tree = RestoreTree(drive.world.core)
        let asked = try await tree(RestoreTree.Request(folder: nil, moment: before), as: drive.alex)
        #expect(asked.restore.state == .pending)
        #expect(asked.counts.planned == 450)
        await #expect(throws: VaultError.restore(.underWay)) {
            try await tree(RestoreTree.Request(folder: nil, moment: before), as: drive.alex)
        }
        let work = TreeRestoreWork(drive.world.core)
        #expect(try await work.step(asked.restore.id))
        #expect(try await tree.report(asked.restore.id, as: drive.alex).counts.done == 200)
        let cancelled = try await tree.cancel(asked.restore.id, as: drive.alex)
        #expect(cancelled.restore.state == .cancelled)
        #expect(cancelled.counts.done == 200)
        #expect(cancelled.counts.planned == 250)

        // The rest comes with the next one, and nothing twice; another node may be at it, too.
        let again = try await tree(RestoreTree.Request(folder: nil, moment: before), as: drive.alex)
        #expect(again.restore.unchanged == 200)
        let other = try await drive.world.another()
        async let here: Void = work.run()
        async let there: Void = TreeRestoreWork(other.core).run()
        _ = try await (here, there)
        #expect(try await tree.report(again.restore.id, as: drive.alex).restore.state == .completed)
        #expect(Set(try await drive.tree().values) == ["one"])
        let most = try await drive.world.database.read { snapshot in
            try snapshot.first("SELECT MAX(head_number), MIN(head_number) FROM nodes WHERE kind = 0") {
                [$0.int(0), $0.int(1)]
            }
        }
        #expect(most == [3, 3])
        await other.close()
        await drive.close()
    }

    @Test func aFolderHasAVersionForEachTimeItWasBroughtBack() async throws {
        let drive = try await TimedDrive()
        let folder = try await drive.folder("Projects")
        _ = try await drive.put("one", at: "a.txt", in: folder)
        let before = drive.moment()
        try await drive.world.put("two", at: "a.txt", in: folder, as: drive.alex)
        try await drive.restore(folder, to: before)
        let page = try await FolderHistory(drive.world.core)(folder, as: drive.alex)
        #expect(page.versions.map(\.number) == [1])
        #expect(page.versions.first?.elements == 1)
        #expect(page.versions.first?.name.text == "Projects")
        await #expect(throws: DatabaseError.self) {
            try await drive.world.database.write { try $0.run("UPDATE folder_versions SET elements = 9") }
        }
        await drive.close()
    }
}
