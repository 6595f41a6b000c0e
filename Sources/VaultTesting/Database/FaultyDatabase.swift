public import Database
import Synchronization

/// A database that is away, or hangs, when it is told to: wraps another one.
public final class FaultyDatabase: Database {
    private enum Mood {
        case fine
        case failing(DatabaseError)
        case failingWrites(DatabaseError)
        /// So many calls go well, then each fails.
        case failingAfter(Int, DatabaseError)
        case hanging([CheckedContinuation<Void, Never>])
    }

    private let database: any Database
    private let mood = Mutex(Mood.fine)

    public init(_ database: any Database) { self.database = database }

    public var dialect: SQLDialect { database.dialect }
    public var commitCount: UInt64 { database.commitCount }

    /// Has every call fail from now on.
    public func fail(with error: DatabaseError = .unreachable("the database is away")) {
        for call in turn(to: .failing(error)) { call.resume() }
    }

    /// Has every write fail from now on; what is there can still be read.
    public func failWrites(with error: DatabaseError = .unreachable("the database cannot be written")) {
        for call in turn(to: .failingWrites(error)) { call.resume() }
    }

    /// Lets so many calls through, and has every one after them fail: a crash at that step.
    public func fail(after calls: Int, with error: DatabaseError = .unreachable("the database is away")) {
        for call in turn(to: .failingAfter(calls, error)) { call.resume() }
    }

    /// Has every call wait from now on, until `heal` or `fail`.
    public func hang() {
        for call in turn(to: .hanging([])) { call.resume() }
    }

    /// Calls work again; those that hang go on.
    public func heal() {
        for call in turn(to: .fine) { call.resume() }
    }

    /// Calls that hang now.
    public var hangingCalls: Int {
        mood.withLock { mood in
            guard case .hanging(let calls) = mood else { return 0 }
            return calls.count
        }
    }

    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        try await pass(isWrite: true)
        return try await database.write(body)
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (borrowing Snapshot) throws -> T) async throws -> T {
        try await pass()
        return try await database.read(body)
    }

    @discardableResult
    public func restructure<T: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> T
    ) async throws -> T {
        try await pass(isWrite: true)
        return try await database.restructure(body)
    }

    public func scrub() async -> Bool { await database.scrub() }
    public func close() async { await database.close() }

    private func turn(to new: Mood) -> [CheckedContinuation<Void, Never>] {
        mood.withLock { mood in
            defer { mood = new }
            guard case .hanging(let calls) = mood else { return [] }
            return calls
        }
    }

    private func pass(isWrite: Bool = false) async throws {
        await withCheckedContinuation { continuation in
            let passes = mood.withLock { mood in
                guard case .hanging(let calls) = mood else { return true }
                mood = .hanging(calls + [continuation])
                return false
            }
            if passes { continuation.resume() }
        }
        try mood.withLock { mood in
            switch mood {
            case .failing(let error): throw error
            case .failingWrites(let error): if isWrite { throw error }
            case .failingAfter(let left, let error):
                guard left > 0 else { throw error }
                mood = .failingAfter(left - 1, error)
            case .fine, .hanging: break
            }
        }
    }
}
