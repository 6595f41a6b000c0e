import Synchronization

/// The engine for several nodes: a PostgreSQL database, 13 or newer, through libpq.
///
/// Writers run SERIALIZABLE and are repeated when another transaction was in the way; readers see one snapshot each. All
/// connections are made and used on threads of their own. When the server is away callers get `.unreachable` at once, and
/// all goes on by itself when it is back.
public final class PostgreSQLDatabase: Database {
    public let dialect = SQLDialect.postgresql

    private let queue: WriteQueue
    private let readers: ReadLanes
    private let availability: Availability
    private let commits: CommitCount
    private let departure: Departure
    private let whenClosed: (@Sendable () -> Void)?

    /// Connects once, so that an address that cannot be used is known at once; further connections are made when they are needed.
    /// - Parameters:
    ///   - address: where the database is, with libpq's settings as its query.
    ///   - writers: how many transactions are under way at once, each on a connection of its own.
    ///   - readers: how many readings run at once, each on a connection of its own.
    ///   - queueLimit: how many callers may wait to write, and how many to read, before further ones get `.overloaded`.
    /// - Throws: `.unreachable` with a line for the operator: what is wrong and what to do, never the password.
    public convenience init(
        _ address: PostgreSQLAddress, writers: Int = 4, readers: Int = 4, queueLimit: Int = 8_192,
        clock: any WallClock = SystemClock()
    ) async throws {
        let settings = PostgreSQLSettings(address: address)
        try await self.init(settings, writers: writers, readers: readers, queueLimit: queueLimit, clock: clock)
    }

    /// - Parameter whenClosed: runs at the end of each `close`, when no connection is left.
    /// The same for an address that is still text.
    public convenience init(
        url: String, writers: Int = 4, readers: Int = 4, queueLimit: Int = 8_192, clock: any WallClock = SystemClock()
    ) async throws {
        try await self.init(
            PostgreSQLAddress(url), writers: writers, readers: readers, queueLimit: queueLimit, clock: clock)
    }

    init(
        _ settings: PostgreSQLSettings, writers: Int, readers: Int, queueLimit: Int, clock: any WallClock,
        whenClosed: (@Sendable () -> Void)? = nil
    ) async throws {
        let departure = Departure()
        let first = try await Self.connect(settings, departure)
        let availability = Availability()
        let commits = CommitCount()
        let queue = WriteQueue(limit: queueLimit, lanes: max(1, writers), availability: availability)
        self.departure = departure
        self.whenClosed = whenClosed
        self.availability = availability
        self.commits = commits
        self.queue = queue
        do {
            for number in 0..<max(1, writers) {
                let line = Line(settings, availability: availability, connection: number == 0 ? first : nil)
                let lane = WriteLane(queue, line: line, availability: availability, clock: clock, commits: commits)
                try WorkerThread.start(owning: lane, departure: departure) { $0.work() }
            }
            self.readers = try ReadLanes(
                settings, threads: readers, queueLimit: queueLimit, availability: availability, clock: clock,
                departure: departure)
        } catch {
            queue.requestStop()
            throw error
        }
    }

    /// On a thread of its own, since it blocks.
    static func connect(
        _ settings: PostgreSQLSettings, _ departure: Departure
    ) async throws -> PostgreSQLConnection {
        try await withCheckedThrowingContinuation { continuation in
            do throws(DatabaseError) {
                try WorkerThread.start(owning: settings, departure: departure) { settings in
                    continuation.resume(
                        with: Result {
                            do throws(ConnectRefusal) {
                                return try PostgreSQLConnection(settings)
                            } catch {
                                throw error.error
                            }
                        })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    deinit {
        requestStop()
    }

    private func requestStop() {
        readers.requestStop()
        queue.requestStop()
        availability.requestStop()
    }

    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let write = PendingTransaction(body, continuation)
            if let refusal = queue.enqueue(.transaction(write)) { write.fail(refusal) }
        }
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (borrowing Snapshot) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            readers.submit(PendingSnapshot(body, continuation))
        }
    }

    /// Tables change while other nodes go on reading and writing those that are not touched; what PostgreSQL checks row by
    /// row it also checks here, so tables are changed with ALTER TABLE instead of being rebuilt.
    @discardableResult
    public func restructure<T: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let write = PendingTransaction(body, continuation)
            if let refusal = queue.enqueue(.restructuring(write)) { write.fail(refusal) }
        }
    }

    public var commitCount: UInt64 { commits.value }

    public func close() async {
        requestStop()
        await departure.wait()
        whenClosed?()
    }
}

/// Care of the store.
extension PostgreSQLDatabase {
    /// Removes the dead rows of the keys' table.
    ///
    /// PostgreSQL cannot wipe at once: a row's bytes may lie in free space of its page until something else is written
    /// there, and they stay in the write-ahead log and in whatever archive or backup the operator keeps of it. What is
    /// destroyed is therefore gone for good only when those have turned over (docs/threat-model.md).
    public func scrub() async -> Bool {
        await withCheckedContinuation { continuation in
            let refusal = queue.enqueue(
                .chore { connection in continuation.resume(returning: connection?.vacuumKeys() ?? false) })
            if refusal != nil { continuation.resume(returning: false) }
        }
    }
}

extension PostgreSQLConnection {
    /// - Returns: whether no dead row of the keys' table was left standing.
    fileprivate func vacuumKeys() -> Bool {
        do {
            var exists = false
            try rows("SELECT 1 WHERE to_regclass('file_keys') IS NOT NULL") { _ in
                exists = true
                return .stop
            }
            guard exists else { return true }
            try withoutHaste {
                try control("SET statement_timeout = 0")
                defer { try? control("RESET statement_timeout") }
                try control("VACUUM file_keys")
            }
            return true
        } catch {
            return false
        }
    }
}

/// How many commits this process has made.
final class CommitCount: Sendable {
    private let count = Atomic<UInt64>(0)

    var value: UInt64 { count.load(ordering: .acquiring) }

    func increase() { count.add(1, ordering: .acquiringAndReleasing) }
}
