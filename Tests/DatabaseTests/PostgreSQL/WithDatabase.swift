import Database
import VaultTesting

/// Runs `body` on a database of its own, which is dropped afterwards.
func withDatabase(
    writers: Int = 4, _ body: (PostgreSQLDatabase) async throws -> Void
) async throws {
    let database = try await TestPostgreSQL.fresh(writers: writers)
    do {
        try await body(database)
    } catch {
        await database.close()
        throw error
    }
    await database.close()
}

/// Runs `body` on two nodes of one database, which is dropped afterwards.
func withTwoNodes(_ body: (PostgreSQLDatabase, PostgreSQLDatabase) async throws -> Void) async throws {
    let name = TestPostgreSQL.newName()
    let one = try await PostgreSQLDatabase.temporary(server: TestPostgreSQL.url ?? "", name: name)
    do {
        let other = try await PostgreSQLDatabase(
            PostgreSQLAddress(TestPostgreSQL.url(ofDatabase: name)), clock: FixedClock())
        do {
            try await body(one, other)
        } catch {
            await other.close()
            throw error
        }
        await other.close()
    } catch {
        await one.close()
        throw error
    }
    await one.close()
}
