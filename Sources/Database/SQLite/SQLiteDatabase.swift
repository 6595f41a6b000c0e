import Synchronization

/// The embedded engine: one SQLite file in write-ahead-log mode.
///
/// One thread writes with group commit, `readers` threads read. Several processes may open the same
/// file; a writer waits up to five seconds for another's.
public final class SQLiteDatabase: Database {
    public let dialect = SQLDialect.sqlite

    private let writer: GroupCommit
    private let readers: ReaderPool
    private let departure: Departure
    /// Keeps the files until the last user of the database is gone.
    let directory: TemporaryDirectory?

    /// Opens the file, which is created (mode 0600) if it is missing. Its directory must exist.
    /// - Parameters:
    ///   - readers: how many readings run at once; each thread keeps at most 4 MiB of pages.
    ///   - queueLimit: how many callers may wait for the writer, and how many for the readers,
    ///     before further ones get `.overloaded`.
    /// - Throws: `.cannotOpen`, `.corrupt` (not a database), `.busy`, `.full` or `.io`.
    public convenience init(
        path: String, readers: Int = 2, queueLimit: Int = 8_192, clock: any WallClock = SystemClock()
    ) throws(DatabaseError) {
        try self.init(SQLiteSettings(path: path), readers: readers, queueLimit: queueLimit, clock: clock)
    }

    init(
        _ settings: SQLiteSettings, readers: Int, queueLimit: Int, clock: any WallClock,
        directory: TemporaryDirectory? = nil
    ) throws(DatabaseError) {
        self.directory = directory
        departure = Departure()
        writer = try GroupCommit(settings, queueLimit: queueLimit, clock: clock, departure: departure)
        do {
            self.readers = try ReaderPool(
                settings, threads: readers, queueLimit: queueLimit, clock: clock, departure: departure)
        } catch {
            writer.requestStop()
            throw error
        }
    }

    deinit {
        readers.requestStop()
        writer.requestStop()
        directory?.remove()
    }

    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (borrowing Transaction) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            writer.submit(PendingTransaction(body, continuation))
        }
    }

    public func read<T: Sendable>(_ body: @escaping @Sendable (borrowing Snapshot) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            readers.submit(PendingSnapshot(body, continuation))
        }
    }

    @discardableResult
    public func restructure<T: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> T
    ) async throws -> T {
        try await writer.restructure(body)
    }

    public var commitCount: UInt64 { writer.commitCount }

    public func close() async {
        readers.requestStop()
        writer.requestStop()
        await departure.wait()
        directory?.remove()
    }
}

/// Care of the file.
extension SQLiteDatabase {
    /// Brings the whole write-ahead log into the database file and empties it, so that rows deleted
    /// before the call are in neither. Waits for readings that are under way.
    /// - Throws: `.busy` if a reading of this or another process kept it from ending.
    public func checkpointTruncate() async throws {
        try await writer.alone { connection in
            _ = try connection.checkpoint(.truncate)
        }
    }

    public func scrub() async -> Bool {
        do { try await checkpointTruncate() } catch { return false }
        return true
    }

    /// Reads the whole file and checks its structure, indexes and foreign keys.
    /// - Returns: what is wrong, in SQLite's words; empty when all is well.
    public func integrityCheck() async throws -> [String] {
        try await read { snapshot in
            let structure = try snapshot.all("PRAGMA integrity_check") { $0.text(0) }.filter { $0 != "ok" }
            let references = try snapshot.all("PRAGMA foreign_key_check") { row in
                "row \(row.optionalInteger(1) ?? 0) of \(row.text(0)) points to a missing row of \(row.text(2))"
            }
            return structure + references
        }
    }
}
