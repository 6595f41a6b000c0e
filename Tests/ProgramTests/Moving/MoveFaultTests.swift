import Database
import Foundation
import Testing
import VaultTesting

@testable import cloudspace

/// What is wrong at either end is found and named.
@Suite struct MoveFaultTests {
    private func sqlite(_ directory: String, _ statements: String) async throws {
        let child = try ChildProcess("/usr/bin/sqlite3", [directory + "/vault.db", statements])
        try #require(await child.exit() == 0, "\(child.errors)")
    }

    /// What the program says when it compares, with its exit status.
    private func verify(_ vault: MovedVault, _ target: String) async throws -> Program.Result {
        try await Program.run(
            ["migrate", "--from", vault.source, "--to", target, "--keys", vault.place.keys, "--verify-only"])
    }

    @Test func aTamperedRowAtTheTargetIsNamed() async throws {
        let vault = try await MovedVault()
        let target = vault.directory("b")
        _ = try await vault.move(to: target)
        let cases = [
            (
                "UPDATE accounts SET role = 'admin' WHERE role <> 'admin'", "table accounts: row ",
                "differs between the source and the target"
            ),
            ("DELETE FROM stars", "table stars: row ", "is missing at the target"),
            (
                "INSERT INTO spaces VALUES (x'ffffffffffffffffffffffffffffffff', 'user', x'00', 1)",
                "table spaces: row ffffffffffffffffffffffffffffffff", "is at the target alone"
            ),
        ]
        let original = try Data(contentsOf: URL(fileURLWithPath: target + "/vault.db"))
        for (statement, row, what) in cases {
            try await sqlite(target, statement)
            let result = try await verify(vault, target)
            #expect(result.status == 1, "\(statement)")
            #expect(result.errors.contains(row) && result.errors.contains(what), "\(result.errors)")
            for name in ["vault.db-wal", "vault.db-shm"] {
                try? FileManager.default.removeItem(atPath: "\(target)/\(name)")
            }
            try original.write(to: URL(fileURLWithPath: target + "/vault.db"))
        }
        #expect(try await verify(vault, target).status == 0, "and put right again they are the same")
    }

    @Test func aRowTamperedWithDuringTheMoveIsFoundBeforeItEnds() async throws {
        let vault = try await MovedVault()
        let target = vault.directory("b")
        // When blobs arrive all rows are there.
        await #expect(throws: cloudspace.ProgramError.self) {
            try await vault.move(to: target) { _ in !MovedVault.blobs(in: target).isEmpty }
        }
        try await sqlite(target, "UPDATE accounts SET storage_limit = 1")
        let error = await #expect(throws: cloudspace.ProgramError.self) { try await vault.move(to: target) }
        #expect(error?.message.contains("table accounts: row ") == true, "\(String(describing: error))")
        #expect(error?.exitStatus == 1)
        _ = try await vault.move(to: target, .over)
        #expect(try await verify(vault, target).status == 0)
    }

    @Test func aDamagedBlobAtTheTargetIsFoundAndAnUnfinishedMoveMendsIt() async throws {
        let vault = try await MovedVault()
        let target = vault.directory("b")
        await #expect(throws: cloudspace.ProgramError.self) {
            try await vault.move(to: target) { _ in MovedVault.blobs(in: target).count >= 2 }
        }
        let blob = try #require(MovedVault.blobs(in: target).first)
        try damage(blob)
        let report = try await vault.move(to: target)
        #expect(report.blobs.copied > 0 && report.blobs.alreadyThere > 0)
        #expect(try await verify(vault, target).status == 0)

        try damage(blob)
        let result = try await verify(vault, target)
        #expect(result.status == 1)
        let name = URL(fileURLWithPath: blob).lastPathComponent
        #expect(result.errors.contains("blob \(name) of file "), "\(result.errors)")
        #expect(result.errors.contains("has other bytes at the target"))
    }

    /// Changes one byte in the middle.
    private func damage(_ blob: String) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: blob))
    }

    @Test func aBlobThatTheSourceLacksIsNamedUnlessItsKeyWasShredded() async throws {
        let vault = try await MovedVault()
        let blobs = try vault.place.files(in: "/blobs")
        let path = try #require(blobs.first)
        let name = URL(fileURLWithPath: path).lastPathComponent
        try FileManager.default.removeItem(atPath: path)
        let target = vault.directory("b")
        let error = await #expect(throws: cloudspace.ProgramError.self) { try await vault.move(to: target) }
        #expect(error?.message.contains("blob \(name) of file ") == true, "\(String(describing: error))")
        #expect(error?.message.contains("is missing at the source") == true)
        try await sqlite(
            vault.source,
            "DELETE FROM file_keys WHERE owner_id = (SELECT node_id FROM blobs WHERE id = x'\(name)')")
        #expect(try await vault.move(to: target).blobs.shredded == 1)
    }

    @Test func aValueOfTheWrongTypeIsNotCarriedOver() async throws {
        let vault = try await MovedVault()
        try await sqlite(vault.source, "UPDATE accounts SET created_at = 'yesterday'")
        let error = await #expect(throws: TransferError.self) { try await vault.move(to: vault.directory("b")) }
        #expect(error?.description.contains("of table accounts") == true)
    }

    @Test func aBrokenReferenceKeepsTheTargetFromBecomingAVault() async throws {
        let vault = try await MovedVault()
        try await sqlite(vault.source, "PRAGMA foreign_keys = OFF; DELETE FROM spaces")
        let target = vault.directory("b")
        await #expect(throws: DatabaseError.self) { try await vault.move(to: target) }
        #expect(try await Program.run(["users", "list", "--data", target, "--keys", vault.place.keys]).status == 2)
    }
}
