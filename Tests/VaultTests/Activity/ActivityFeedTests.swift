import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct ActivityFeedTests {
    /// The names are written in two enums, one for auditors and one for people: none may drift away.
    @Test func everyActThatPeopleAreToldOfIsOneOfTheJournal() {
        for act in ActivityAction.allCases {
            for name in act.journalled { #expect(AuditAction(rawValue: name) != nil, "\(name)") }
        }
    }

    @Test func onesOwnDriveAndOnesOwnActsAreOneFeedNewestFirst() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Projects"), in: nil, as: alex)
        let file = try await world.put("one", at: "a.txt", in: folder.id, as: alex)
        try await world.put("two", at: "a.txt", in: folder.id, as: alex)
        _ = try await world.vault.rename(file.node.id, to: try NodeName("b.txt"), as: alex)
        _ = try await world.vault.accounts.update(ProfileChange(title: "Designer"), as: alex)
        _ = try await world.vault.star.toggle(file.node.id, as: alex)
        #expect(
            try await world.history(of: alex) == [
                "You file_starred b.txt", "You settings_updated (account)", "You file_renamed b.txt",
                "You file_edited a.txt", "You file_uploaded a.txt", "You folder_created Projects",
            ])
        #expect(try await world.history(of: alex, about: .nodes).contains("You settings_updated (account)") == false)
        await world.close()
    }

    @Test func eachFilterShowsItsActsAlone() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.put("two", at: "a.txt", as: alex)
        _ = try await world.text(of: file.node.id, as: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        _ = try await world.vault.trash.restore(file.node.id, as: alex)
        #expect(try await world.history(of: alex, .uploads) == ["You file_uploaded a.txt"])
        #expect(try await world.history(of: alex, .edits) == ["You file_edited a.txt"])
        #expect(
            try await world.history(of: alex, .deletes) == ["You file_restored a.txt", "You file_trashed a.txt"])
        #expect(try await world.history(of: alex, .shares) == [])
        #expect(try await world.history(of: alex, .comments) == [])
        #expect(try await world.history(of: alex).count == 5)
        await world.close()
    }

    @Test func strangersSeeNothingOfEachOther() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let file = try await world.put("one", at: "secret.txt", as: alex)
        #expect(try await world.history(of: sarah) == [])
        await #expect(throws: VaultError.forbidden) {
            try await world.vault.nodeActivity(file.node.id, limit: 10, as: sarah)
        }
        await #expect(throws: VaultError.notFound(.file)) {
            try await world.vault.nodeActivity(NodeID(5), limit: 10, as: sarah)
        }
        await world.close()
    }

    @Test func whatIsSharedIsSeenFromBothSidesAndSharesReachDownwards() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let folder = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex)
        let inner = try await world.vault.createFolder(try NodeName("Deep"), in: folder.id, as: alex)
        let file = try await world.put("one", at: "a.txt", in: inner.id, as: alex)
        try await world.put("x", at: "private.txt", as: alex)
        try await world.grant(folder.id, to: sarah, by: alex)
        try await world.put("two", at: "a.txt", in: inner.id, as: sarah)
        #expect(
            try await world.history(of: sarah) == [
                "You file_edited a.txt", "Alex D. file_uploaded a.txt", "Alex D. folder_created Deep",
                "Alex D. folder_created Team",
            ])
        #expect(try await world.history(of: alex).first == "Sarah M. file_edited a.txt")
        let panel = try await world.vault.nodeActivity(file.node.id, limit: 10, as: sarah)
        #expect(panel.events.map(\.line) == ["You file_edited a.txt", "Alex D. file_uploaded a.txt"])
        await world.close()
    }

    @Test func readingIsTheOwnersAndTheReadersToKnowAndStarsAreOnesOwn() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let john = try await world.person("John", "Doe")
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.grant(file.node.id, to: sarah, by: alex, .viewer)
        try await world.grant(file.node.id, to: john, by: alex, .viewer)
        _ = try await world.vault.open(file.node.id, for: .view, as: sarah)
        _ = try await world.vault.open(file.node.id, for: .download, as: john)
        _ = try await world.vault.star.toggle(file.node.id, as: sarah)
        #expect(
            try await world.history(of: alex) == [
                "John D. file_downloaded a.txt", "Sarah M. file_viewed a.txt", "You file_uploaded a.txt",
            ])
        let seen = ["You file_starred a.txt", "You file_viewed a.txt", "Alex D. file_uploaded a.txt"]
        #expect(try await world.history(of: sarah) == seen)
        let panel = try await world.vault.nodeActivity(file.node.id, limit: 10, as: sarah)
        #expect(panel.events.map(\.line) == seen)
        await world.close()
    }

    @Test func repeatedReadingsAreTheOneReadingTheyRepeat() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        for _ in 0..<3 { _ = try await world.vault.open(file.node.id, for: .view, as: alex) }
        world.clock.advance(seconds: 600)
        try await world.vault.housekeeping.tidy()
        #expect(try await world.history(of: alex) == ["You file_viewed a.txt", "You file_uploaded a.txt"])
        await world.close()
    }

    @Test func afterUnsharingOnlyOnesOwnActsStayWithoutAName() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.grant(file.node.id, to: sarah, by: alex)
        try await world.put("two", at: "b.txt", as: alex)
        _ = try await world.vault.save(
            SaveRequest(target: .file(file.node.id)), .bytes(Array("three".utf8)), as: sarah)
        #expect(try await world.history(of: sarah) == ["You file_edited a.txt", "Alex D. file_uploaded a.txt"])
        try await world.revoke(file.node.id, from: sarah)
        #expect(try await world.history(of: sarah) == ["You file_edited (unavailable)"])
        #expect(try await world.history(of: sarah, about: .nodes) == [])
        await #expect(throws: VaultError.forbidden) {
            try await world.vault.nodeActivity(file.node.id, limit: 10, as: sarah)
        }
        await world.close()
    }

    @Test func whatTheOwnerTrashesIsGoneForThoseItWasSharedWith() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.grant(file.node.id, to: sarah, by: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        #expect(try await world.history(of: sarah) == [])
        #expect(try await world.history(of: alex).first == "You file_trashed a.txt")
        await world.close()
    }

    @Test func aShreddedFileLeavesItsEventsAndNoName() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        _ = try await world.vault.trash.put(file.node.id, as: alex)
        world.clock.advance(seconds: 31 * 86_400)
        _ = try await world.vault.purge.expired()
        #expect(
            try await world.history(of: alex) == [
                "Vault file_deleted (deleted)", "You file_trashed (deleted)", "You file_uploaded (deleted)",
            ])
        await world.close()
    }

    @Test func aRestoredVersionIsAnEditAndARefusedActIsNothing() async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.database.write { [core = world.core] transaction in
            let target = AuditTarget.node(file.node.id, kind: .file, space: alex.space)
            try core.audit.record(.versionRestored, on: target, by: alex, in: transaction)
            try core.audit.record(.fileRenamed, on: target, by: alex, outcome: .refused, in: transaction)
            try core.audit.record(.integrityFailed, on: target, by: alex, outcome: .failed, in: transaction)
        }
        #expect(try await world.history(of: alex) == ["You file_edited a.txt", "You file_uploaded a.txt"])
        await world.close()
    }

    @Test func whoCameByALinkIsSomeoneToTheOwnerAndNobodyToOthers() async throws {
        let world = try await World()
        let alex = try await world.person()
        let sarah = try await world.person("Sarah", "Miller")
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.grant(file.node.id, to: sarah, by: alex)
        try await world.database.write { [core = world.core] transaction in
            try core.audit.record(
                .fileDownloaded, on: .node(file.node.id, kind: .file, space: alex.space), actor: .anonymous,
                actorID: nil, origin: .local, in: transaction)
        }
        #expect(try await world.history(of: alex) == ["Someone file_downloaded a.txt", "You file_uploaded a.txt"])
        #expect(try await world.history(of: sarah) == ["Alex D. file_uploaded a.txt"])
        await world.close()
    }

    @Test func anAuditorWhoMayNotReadContentHasNoFeed() async throws {
        let world = try await World()
        let auditor = try await world.person("Ada", "Min", role: .auditeur)
        await #expect(throws: VaultError.roleForbids(.readContent)) { try await world.history(of: auditor) }
        await #expect(throws: VaultError.roleForbids(.readContent)) {
            try await world.vault.recentFiles(limit: 1, as: auditor)
        }
        await #expect(throws: VaultError.roleForbids(.readContent)) { try await world.vault.starred(as: auditor) }
        await #expect(throws: VaultError.roleForbids(.readContent)) {
            try await world.vault.dashboardStats(as: auditor)
        }
        await #expect(throws: VaultError.roleForbids(.readContent)) { try await world.vault.team(as: auditor) }
        await world.close()
    }
}
