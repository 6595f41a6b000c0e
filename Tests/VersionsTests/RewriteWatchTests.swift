import Database
import Testing
import Vault
import VaultTesting

@testable import Versions

@Suite struct RewriteWatchTests {
    @Test func aBurstIsToldOnceWithTheMomentBefore() async throws {
        let drive = try await TimedDrive()
        let admin = try await drive.world.person("Ada", "Min", role: .admin)
        let folder = try await drive.folder("Projects")
        for number in 0..<60 { _ = try await drive.put("one", at: "\(number).txt", in: folder) }
        let watch = RewriteWatch(drive.world.core)
        #expect(try await watch.round() == [])
        drive.world.clock.advance(seconds: 3_600)
        let before = drive.world.clock.now()
        drive.world.clock.advance(seconds: 1)
        for number in 0..<49 { try await drive.world.put("two", at: "\(number).txt", in: folder, as: drive.alex) }
        #expect(try await watch.round() == [])
        for number in 49..<60 { try await drive.world.put("two", at: "\(number).txt", in: folder, as: drive.alex) }

        let bursts = try await watch.round()
        #expect(bursts.map(\.files) == [60])
        #expect(bursts.first?.folder == folder)
        let moment = try #require(bursts.first?.moment)
        #expect(moment >= before)
        try await drive.world.put("three", at: "0.txt", in: folder, as: drive.alex)
        #expect(try await watch.round() == [])
        for person in [admin, drive.alex] {
            let told = try await drive.world.vault.notifications.list(as: person).entries
            #expect(told.map(\.kind) == [.rewriteBurst])
            #expect(told.first?.burst?.moment == moment)
        }
        // What it offers is right; and what it brings back is no burst of its own.
        drive.world.clock.advance(seconds: 3_600)
        let report = try await drive.restore(folder, to: moment)
        #expect(report.counts.done == 60)
        #expect(Set(try await drive.tree(folder).values) == ["one"])
        #expect(try await watch.round() == [])
        await drive.close()
    }

    @Test func whoAlwaysChangesThatMuchIsNotSuspected() async throws {
        let drive = try await TimedDrive()
        for number in 0..<60 { _ = try await drive.put("one", at: "\(number).txt") }
        var settings = BurstSettings()
        settings.factor = 2
        for _ in 0..<3 {
            drive.world.clock.advance(seconds: 86_400)
            for number in 0..<40 { try await drive.world.put("two", at: "\(number).txt", as: drive.alex) }
        }
        drive.world.clock.advance(seconds: 86_400)
        for number in 0..<60 { try await drive.world.put("three", at: "\(number).txt", as: drive.alex) }
        #expect(try await RewriteWatch(drive.world.core, settings: settings).round() == [])
        settings.factor = 1
        #expect(try await RewriteWatch(drive.world.core, settings: settings).round().count == 1)
        await drive.close()
    }

    @Test func renamesCountWhenTheyChangeTheExtensionAndDeletingCounts() async throws {
        let drive = try await TimedDrive()
        var files: [NodeID] = []
        for number in 0..<60 { files.append(try await drive.put("one", at: "\(number).txt")) }
        let watch = RewriteWatch(drive.world.core)
        for (number, file) in files.enumerated() { try await drive.rename(file, "renamed \(number).txt") }
        #expect(try await watch.round() == [])
        for (number, file) in files.prefix(30).enumerated() { try await drive.rename(file, "\(number).txt.locked") }
        for file in files.suffix(30) { _ = try await drive.world.vault.trash.put(file, as: drive.alex) }
        #expect(try await watch.round().map(\.files) == [60])
        await drive.close()
    }

    @Test func anotherNodeGoesOnWithoutTellingAgain() async throws {
        let drive = try await TimedDrive()
        for number in 0..<50 { _ = try await drive.put("one", at: "\(number).txt") }
        for number in 0..<50 { try await drive.world.put("two", at: "\(number).txt", as: drive.alex) }
        #expect(try await RewriteWatch(drive.world.core).round().count == 1)
        let other = try await drive.world.another()
        #expect(try await RewriteWatch(other.core).round() == [])
        // After the quiet, the same is a new burst.
        drive.world.clock.advance(seconds: 3_600)
        for number in 0..<50 { try await drive.world.put("three", at: "\(number).txt", as: drive.alex) }
        var settings = BurstSettings()
        settings.factor = 0
        #expect(try await RewriteWatch(other.core, settings: settings).round().count == 1)
        await other.close()
        await drive.close()
    }
}
