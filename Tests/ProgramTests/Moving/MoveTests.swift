import Database
import Foundation
import Glibc
import Testing
import VaultTesting

@testable import cloudspace

/// A vault moves and stays the same.
@Suite struct MoveTests {
    @Test func aVaultMovesToAnotherDirectoryAndBack() async throws {
        let vault = try await MovedVault()
        let before = try vault.sourceFiles()
        let report = try await vault.move(to: vault.directory("b"))
        #expect(report.versions == vault.contents.count + 2, "one is in the trash, one was shredded")
        #expect(report.tables.contains { $0.table == "grants" && $0.rows == 1 })
        #expect(report.tables.contains { $0.table == "plan_prices" && $0.rows == 6 })
        #expect(report.journal.checkpoints > 0)
        #expect(report.blobs.copied > 0 && report.blobs.alreadyThere == 0 && report.blobs.shredded == 0)
        #expect(try vault.sourceFiles() == before, "the source is untouched")

        let back = try await vault.move(from: vault.directory("b"), to: vault.directory("c"))
        #expect(back.tables == report.tables, "every row has the digest it had")
        #expect(try await vault.comparison(with: vault.directory("c")).tables == report.tables)
        let flags = ["--data", vault.directory("c"), "--keys", vault.place.keys]
        try await vault.expectContents(servedWith: flags)
        for command in [["doctor", "--deep"], ["journal", "verify"], ["users", "list"]] {
            let result = try await Program.run(command + flags)
            #expect(result.status == 0, "\(command): \(result.output) \(result.errors)")
        }
    }

    @Test func theCommandSaysWhatItDidAndWhatComesNext() async throws {
        let vault = try await MovedVault()
        var target = ""
        var words: [String] = []
        var result: Program.Result?
        // On a busy machine the move may be over before the signal comes, or its end: then another one is begun.
        for attempt in 0..<20 where result == nil {
            target = vault.directory("b\(attempt)")
            words = ["migrate", "--from", vault.source, "--to", target, "--keys", vault.place.keys]
            // The errors go to the pipe that lines are read from.
            let child = try ChildProcess("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", Program.path] + words)
            _ = try #require(await child.line(beginning: "rows   nodes"))
            child.signal(SIGKILL)
            guard await child.exit() != 0 else { continue }
            let again = try await Program.run(words)
            if !again.errors.contains("holds this vault already") { result = again }
        }
        let goneOn = try #require(result)
        #expect(goneOn.status == 0, "\(goneOn.output) \(goneOn.errors)")
        #expect(try await vault.comparison(with: target).blobs.defectCount == 0)
    }

    @Test func nothingOpensATargetWhoseMoveHasNotEnded() async throws {
        let vault = try await MovedVault()
        let target = vault.directory("b")
        await #expect(throws: cloudspace.ProgramError.self) { try await vault.move(to: target) { $0 > 10 } }
        let flags = ["--data", target, "--keys", vault.place.keys]
        for command in [
            ["serve", "--listen", "127.0.0.1:0"], ["users", "list"], ["journal", "verify"], ["keys", "status"],
            ["doctor"],
        ] {
            let result = try await Program.run(command + flags)
            #expect(result.status != 0, "\(command)")
            #expect(
                (result.output + result.errors).contains("a move or a restore into this database has not ended"),
                "\(command): \(result.output) \(result.errors)")
        }
        await #expect(throws: cloudspace.ProgramError.self, "nor is it moved on") {
            try await vault.move(from: target, to: vault.directory("c"))
        }
        _ = try await vault.move(to: target)
        #expect(try await Program.run(["users", "list"] + flags).status == 0)
    }

    @Test func aSourceThatWasChangedBetweenTwoRunsIsCopiedAnew() async throws {
        let vault = try await MovedVault()
        let target = vault.directory("b")
        await #expect(throws: cloudspace.ProgramError.self) {
            try await vault.move(to: target) { _ in MovedVault.blobs(in: target).count >= 2 }
        }
        try await Program.makeUser("late@example.com", role: "lecteur", password: "correct horse", in: vault.place)
        let report = try await vault.move(to: target)
        #expect(report.tables.contains { $0.table == "accounts" && $0.rows == 3 })
        #expect(report.blobs.alreadyThere > 0)
        try await vault.expectContents(servedWith: ["--data", target, "--keys", vault.place.keys])
    }

    @Test func aSignalStopsItBetweenBatches() async throws {
        let vault = try await MovedVault()
        let server = try await RunningServer(vault.place)
        try await blocking {
            let ama = try Session(at: server, email: MovedVault.email)
            for number in 0..<6 { _ = try ama.upload("large-\(number)", content(12 << 20, seed: UInt64(number + 500))) }
        }
        #expect(await server.stop() == 0)
        let words = ["migrate", "--from", vault.source, "--to", vault.directory("b"), "--keys", vault.place.keys]
        let child = try ChildProcess("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", Program.path] + words)
        _ = try #require(await child.line(beginning: "rows   accounts"))
        child.signal(SIGINT)
        #expect(await child.exit() == 1)
        #expect(child.output.contains("SIGINT: stopping after what is under way"))
        #expect(child.output.contains("run the same command again to go on"))
        #expect(try await Program.run(words).status == 0)
    }
}
