/// A SQLite file that is looked at and left as it is: nothing is written but the side files that SQLite needs to read a
/// write-ahead log, and the log is not brought into the file.
public final class ReadOnlySQLiteDatabase: Database {
    public let dialect = SQLDialect.sqlite

    private let readers: ReaderPool
    private let departure = Departure()

    /// - Parameter path: of an existing file.
    /// - Throws: `.cannotOpen`, `.corrupt` (not a database), `.busy` or `.io`.
    public init(path: String, readers: Int = 1, clock: any WallClock = SystemClock()) throws(DatabaseError) {
        var settings = SQLiteSettings(path: path)
        settings.access = .readOnly
        self.readers = try ReaderPool(settings, threads: readers, queueLimit: 64, clock: clock, departure: departure)
    }

    deinit { readers.requestStop() }

    public func read<T: Sendable>(_ body: @escaping @Sendable (borrowing Snapshot) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            readers.submit(PendingSnapshot(body, continuation))
        }
    }

    /// - Throws: always.
    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        throw DatabaseError.other(code: 8, message: "the database was opened for reading only")
    }

    /// - Throws: always.
    @discardableResult
    public func restructure<T: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> T
    ) async throws -> T {
        try await write(body)
    }

    public var commitCount: UInt64 { 0 }

    public func scrub() async -> Bool { false }

    public func close() async {
        readers.requestStop()
        await departure.wait()
    }
}
