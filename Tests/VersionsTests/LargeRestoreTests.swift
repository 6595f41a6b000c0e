import Foundation
import Testing
import Vault
import VaultTesting

@testable import Versions

/// How long it takes: `CLOUDSPACE_TEST_LARGE=10000` for the figure of the design; a few hundred otherwise.
@Suite struct LargeRestoreTests {
    @Test func whatRansomwareRewroteAndRenamedComesBack() async throws {
        let count = ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_LARGE"].flatMap { Int($0) } ?? 300
        let drive = try await TimedDrive()
        var files: [NodeID] = []
        for folder in 0..<max(1, count / 100) {
            let parent = try await drive.folder("Folder \(folder)")
            for number in 0..<min(count, 100) {
                files.append(try await drive.put("content \(number)", at: "\(number).txt", in: parent))
            }
        }
        let before = drive.moment()
        for file in files {
            _ = try await drive.world.vault.save(
                SaveRequest(target: .file(file)), .bytes(Array("encrypted".utf8)), as: drive.alex)
            try await drive.rename(file, "\(file).locked")
        }
        let begun = ContinuousClock.now
        let listed = try await drive.past(at: before).count
        let seen = ContinuousClock.now
        let report = try await drive.restore(to: before)
        print(
            "\(count) files: the past in \(seen - begun) (\(listed) nodes, contents read), back in \(ContinuousClock.now - seen)"
        )
        #expect(report.counts.done == files.count)
        #expect(report.counts.byAct == [.version: files.count, .rename: files.count])
        let page = try await drive.world.vault.listFolder(nil, as: drive.alex)
        #expect(page.total == max(1, count / 100))
        await drive.close()
    }
}
