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
            let visitor = CurrentTask.identity
            await turnstile.enter(visitor)
            do {
                let name = TestPostgreSQL.newName()
                let database = try await PostgreSQLDatabase.temporary(
                    server: TestPostgreSQL.url ?? "", name: name,
                    template: try await templates.name(of: schema, prepare: prepare), writers: 2, readers: 2,
                    clock: clock)
                return ServerDatabase(database, name: name, turnstile: turnstile, visitor: visitor)
            } catch {
                await turnstile.leave(visitor)
                throw error
            }
        }
    }

    /// Another node's connection to the database of a test, which must be closed last.
    public static func another(
        of database: any Database & AnyObject, clock: any WallClock
    ) async throws -> any Database & AnyObject {
        switch database {
        case let database as SQLiteDatabase: return try database.anotherTemporary(clock: clock)
        case let database as ServerDatabase: return try await open(database.name, clock: clock)
        default: throw DatabaseError.cannotOpen
        }
    }

    private static let templates = Templates()
    /// A server on two cores serves few tests at a time well and a hundred badly.
    private static let turnstile = Turnstile(places: 6)

    fileprivate static func open(_ name: String, clock: any WallClock) async throws -> PostgreSQLDatabase {
        try await PostgreSQLDatabase(
            PostgreSQLAddress(try TestPostgreSQL.url(ofDatabase: name)), writers: 2, readers: 2, clock: clock)
    }
}

/// Databases that others are copied from; made once in a run.
private actor Templates {
    private var names: [String: Task<String, any Error>] = [:]

    func name(of schema: String, prepare: @escaping @Sendable (any Database) async throws -> Void) async throws
        -> String
    {
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

/// A test's database at the server; another test may have its place once it is closed.
private final class ServerDatabase: Database {
    let name: String
    private let database: PostgreSQLDatabase
    private let turnstile: Turnstile
    private let visitor: Int?
    private let isOpen = Atomic(true)

    init(_ database: PostgreSQLDatabase, name: String, turnstile: Turnstile, visitor: Int?) {
        self.visitor = visitor
        self.database = database
        self.name = name
        self.turnstile = turnstile
    }

    var dialect: SQLDialect { database.dialect }
    var commitCount: UInt64 { database.commitCount }

    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        try await database.write(body)
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (borrowing Snapshot) throws -> T) async throws -> T {
        try await database.read(body)
    }

    @discardableResult
    func restructure<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        try await database.restructure(body)
    }

    func scrub() async -> Bool { await database.scrub() }

    func close() async {
        await database.close()
        if isOpen.exchange(false, ordering: .relaxed) { await turnstile.leave(visitor) }
    }

    /// A test that failed may not have come to closing it.
    deinit {
        let (turnstile, visitor) = (turnstile, visitor)
        if isOpen.exchange(false, ordering: .relaxed) { Task { await turnstile.leave(visitor) } }
    }
}

/// Lets so many in at once, and whoever is in already again: two tests that each have one world and want a second must not
/// wait for each other.
private actor Turnstile {
    private var places: Int
    private var waiting: [(visitor: Int?, continuation: CheckedContinuation<Void, Never>)] = []
    private var inside: [Int: Int] = [:]

    init(places: Int) { self.places = places }

    func enter(_ visitor: Int?) async {
        if places > 0 || visitor.map({ inside[$0] != nil }) == true {
            take(visitor)
            return
        }
        await withCheckedContinuation { waiting.append((visitor, $0)) }
    }

    func leave(_ visitor: Int?) {
        places += 1
        if let visitor, let count = inside[visitor] { inside[visitor] = count > 1 ? count - 1 : nil }
        guard places > 0, !waiting.isEmpty else { return }
        let next = waiting.removeFirst()
        take(next.visitor)
        next.continuation.resume()
    }

    private func take(_ visitor: Int?) {
        places -= 1
        if let visitor { inside[visitor, default: 0] += 1 }
    }
}
