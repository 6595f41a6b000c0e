import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct FolderMarksTests {
    /// With a million documents each of these took a second while it read them all.
    @Test(.enabled(if: TestEngine.dialect == .sqlite, "PostgreSQL plans by what tables hold"))
    func noListReadsMoreThanItsFolder() async throws {
        let world = try await World()
        let folder = NodeID(7)
        let statements: [SQL] = [
            FolderMarks.locked(in: folder, at: world.clock.now()), FolderMarks.starred(in: folder, by: AccountID(7)),
            FolderMarks.shared(in: folder),
        ]
        for statement in statements {
            let steps = try await world.database.read { snapshot in
                try snapshot.all("EXPLAIN QUERY PLAN \(statement)") { $0.text(3) }
            }
            #expect(steps.count { $0.hasPrefix("SEARCH") } == 2, "\(steps)")
            #expect(!steps.contains { $0.hasPrefix("SCAN") }, "\(steps)")
        }
        await world.close()
    }
}
