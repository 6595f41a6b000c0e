import CSQLite
import Glibc

/// Owns one `sqlite3 *`; closes it exactly once.
@safe final class SQLiteHandle {
    private let pointer: OpaquePointer
    /// Written by the commit hook; the connection is closed before it is freed.
    private let frames: UnsafeMutablePointer<Int>

    /// Opens the file, or creates it when it may be written, readable by its owner only. SQLite gives its side files the same mode.
    init(path: String, access: SQLiteSettings.Access, vfs: String?) throws(DatabaseError) {
        _ = Self.configureOnce
        if access == .readWrite {
            // Only a file just created is closed here: closing another descriptor of an open database drops its locks.
            let created = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if created >= 0 { Glibc.close(created) }
        }

        var raw: OpaquePointer?
        // One thread at a time uses a connection, so SQLite's own mutexes are not needed.
        let kind = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let flags = kind | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        let code = unsafe sqlite3_open_v2(path, &raw, flags, vfs)
        guard code == SQLITE_OK, let raw = unsafe raw else {
            unsafe sqlite3_close_v2(raw)  // SQLite wants this even when opening failed
            throw .cannotOpen
        }
        unsafe pointer = raw
        unsafe sqlite3_extended_result_codes(raw, 1)
        unsafe frames = .allocate(capacity: 1)
        unsafe frames.initialize(to: 0)
        unsafe sqlite3_wal_hook(
            raw,
            { place, _, _, count in
                unsafe place?.storeBytes(of: Int(count), as: Int.self)
                return SQLITE_OK
            }, frames)
    }

    /// The library's own settings, made before it first opens anything. A refusal leaves the slower default.
    private static let configureOnce: Void = { _ = csqlite_configure() }()

    deinit {
        unsafe sqlite3_close_v2(pointer)
        unsafe frames.deallocate()
    }

    /// Pages in the write-ahead log after the latest commit of this connection.
    var logFrames: Int { unsafe frames.pointee }

    /// Lends the pointer to the files of this folder.
    func withPointer<Result, Failure: Error>(
        _ body: (OpaquePointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(pointer)
    }

    /// Whether no transaction is open.
    var isAutocommit: Bool { unsafe sqlite3_get_autocommit(pointer) != 0 }

    /// Rows inserted, changed or deleted by the latest statement itself.
    var changes: Int { unsafe Int(sqlite3_changes64(pointer)) }

    /// Rows changed since the connection was opened, those of triggers and foreign keys too.
    var totalChanges: Int64 { unsafe sqlite3_total_changes64(pointer) }

    /// The key of the row that was inserted last, triggers' rows not counted.
    var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(pointer) }

    func setBusyTimeout(milliseconds: Int32) { unsafe sqlite3_busy_timeout(pointer, milliseconds) }

    /// The failure that `code` stands for; call it before anything else touches the connection.
    func failure(_ code: Int32, sql: @autoclosure () -> String) -> DatabaseError {
        let message = unsafe sqlite3_errmsg(pointer).map { unsafe String(cString: $0) } ?? ""
        return DatabaseError(
            sqliteCode: code, systemError: unsafe sqlite3_system_errno(pointer), message: message, sql: sql())
    }

    /// Writes as much of the log into the database file as readers allow, without waiting for them.
    /// - Returns: frames in the log and how many of them are in the file now.
    func checkpoint(_ mode: Int32) throws(DatabaseError) -> (log: Int, done: Int) {
        var log: Int32 = 0
        var done: Int32 = 0
        let code = unsafe sqlite3_wal_checkpoint_v2(pointer, nil, mode, &log, &done)
        guard code == SQLITE_OK else { throw failure(code, sql: "checkpoint") }
        return (Int(log), Int(done))
    }
}
