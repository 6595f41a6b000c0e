import Database
import Testing
import VaultTesting

@Suite struct DatabaseContractTests {
    @Test(arguments: DatabaseContract.rules)
    func sqliteKeepsTheContract(_ rule: DatabaseRule) async throws {
        try await rule.check(SQLiteDatabase.temporary())
    }
}
