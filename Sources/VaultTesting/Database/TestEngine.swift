public import Database
import Synchronization

/// The engine that the domain and HTTP suites run on: SQLite, or PostgreSQL when `CLOUDSPACE_TEST_ENGINE` says so.
///
/// `scripts/test` runs the suites on both.
public enum TestEngine {
    public static let dialect: SQLDialect =
        environment("CLOUDSPACE_TEST_ENGINE") == "postgresql" ? .postgresql : .sqlite

    /// A database of a test's own, gone when it is closed.
    ///
    /// - Parameters:
    ///   - schema: names what `prepare` makes; databases of one name are copies of the first.
    ///   - prepare: brings an empty database into the state that tests of this kind begin with.
    public static func database(
        _ schema: String, clock: any WallClock, prepare: @escaping @Sendable (any Database) async throws -> Void
    ) async throws -> any Database & AnyObject {
        switch dialect {
        case .sqlite:
            let database = try SQLiteDatabase.temporary(clock: clock)
            try await prepare(database)
            return database
        case .postgresql:
            let name = TestPostgreSQL.newName()
            let database = try await PostgreSQLDatabase.temporary(
                server: TestPostgreSQL.url ?? "", name: name,
                template: try await templates.name(of: schema, prepare: prepare), writers: 2, readers: 2, clock: clock)
            names.withLock { $0[ObjectIdentifier(database)] = name }
            return database
        }
    }

    /// Another node's connection to the database of a test, which must be closed last.
    public static func another(
        of database: any Database & AnyObject, clock: any WallClock
    ) async throws -> any Database & AnyObject {
        switch database {
        case let database as SQLiteDatabase: return try database.anotherTemporary(clock: clock)
        default:
            guard let name = names.withLock({ $0[ObjectIdentifier(database)] }) else { throw DatabaseError.cannotOpen }
            return try await open(name, clock: clock)
        }
    }

    private static let templates = Templates()
    /// Names of the databases of tests, by the object that a test has.
    private static let names = Mutex<[ObjectIdentifier: String]>([:])

    fileprivate static func open(_ name: String, clock: any WallClock) async throws -> PostgreSQLDatabase {
        try await PostgreSQLDatabase(
            PostgreSQLAddress(try TestPostgreSQL.url(ofDatabase: name)), writers: 2, readers: 2, clock: clock)
    }
}

/// Databases that others are copied from; made once in a run.
private actor Templates {
    private var names: [String: Task<String, any Error>] = [:]

    func name(of schema: String, prepare: @escaping @Sendable (any Database) async throws -> Void) async throws -> String {
        if let task = names[schema] { return try await task.value }
        let (stream, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        names[schema] = Task {
            for try await name in stream { return name }
            throw CancellationError()
        }
        do {
            let name = TestPostgreSQL.newName()
            try await PostgreSQLDatabase.command("CREATE DATABASE \(name)", at: TestPostgreSQL.url ?? "")
            let database = try await TestEngine.open(name, clock: FixedClock())
            try await prepare(database)
            await database.close()
            continuation.yield(name)
            return name
        } catch {
            continuation.finish(throwing: error)
            throw error
        }
    }
}
