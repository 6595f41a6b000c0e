import Database
import Testing
import VaultTesting

@Suite(.enabled(if: TestPostgreSQL.url != nil, "needs scripts/with-postgresql"))
struct PostgreSQLContractTests {
    @Test(arguments: DatabaseContract.rules)
    func postgresqlKeepsTheContract(_ rule: DatabaseRule) async throws {
        try await rule.check(TestPostgreSQL.fresh())
    }
}
