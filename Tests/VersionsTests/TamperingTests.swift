import Database
import Testing
import Vault
import VaultTesting

@testable import Versions

/// Somebody who can write to the database and tries to make one version pass for another.
@Suite struct VersionTamperingTests {
    @Test(
        arguments: [
            "UPDATE versions SET blob_id = (SELECT blob_id FROM versions WHERE number = 1) WHERE number = 2",
            "UPDATE versions SET number = number + 5",
            "UPDATE versions SET id = \([UInt8](repeating: 0, count: 16)) WHERE number = 2",
        ] as [SQL])
    func aVersionThatWasRewrittenDoesNotOpen(_ forgery: SQL) async throws {
        let world = try await World()
        let alex = try await world.person()
        let file = try await world.put("one", at: "a.txt", as: alex)
        try await world.put("two", at: "a.txt", as: alex)
        try await world.database.write { transaction in
            try transaction.script(
                .perEngine(
                    sqlite: "DROP TRIGGER versions_are_never_updated",
                    postgresql: "DROP TRIGGER versions_are_never_updated ON versions"))
            _ = try transaction.run(forgery)
        }
        await #expect(throws: VaultError.self) { try await world.text(of: file.node.id, as: alex) }
        await #expect(throws: VaultError.self) { try await History(world.core)(file.node.id, as: alex) }
        await world.close()
    }
}
