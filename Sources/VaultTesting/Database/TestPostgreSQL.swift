public import Database
import Glibc
import Synchronization

/// The PostgreSQL server that `scripts/with-postgresql` started for the tests.
public enum TestPostgreSQL {
    /// The address of its maintenance database; nil when the tests run without a server.
    public static var url: String? { environment("CLOUDSPACE_TEST_POSTGRESQL") }

    /// The address of another database of the same server.
    public static func url(ofDatabase name: String) throws -> String {
        try PostgreSQLDatabase.address(url ?? "", ofDatabase: name)
    }

    /// A database for one test, dropped when the test closes it.
    /// - Parameter template: the name of the database to copy; nil for an empty one.
    public static func fresh(
        template: String? = nil, writers: Int = 4, readers: Int = 2, clock: any WallClock = FixedClock()
    ) async throws -> PostgreSQLDatabase {
        try await PostgreSQLDatabase.temporary(
            server: url ?? "", name: newName(), template: template, writers: writers, readers: readers, clock: clock)
    }

    /// A name no other test of this server uses.
    public static func newName() -> String {
        let number = numbers.add(1, ordering: .relaxed).newValue
        return "test_\(getpid())_\(number)"
    }

    private static let numbers = Atomic<UInt64>(0)
}
