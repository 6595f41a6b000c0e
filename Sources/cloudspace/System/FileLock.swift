import Glibc

/// A lock on a file, held until it is let go or the process ends, however it ends.
final class FileLock: Sendable {
    private let file: Int32

    /// - Returns: nil when another process holds it.
    /// - Throws: `ProgramError.failed` when the file cannot be made.
    init?(path: String) throws(ProgramError) {
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .failed("\(path) cannot be made: \(FileSystem.systemMessage())") }
        // `deinit` closes the file in either case: closing it here, too, could close somebody else's.
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return nil }
    }

    /// Locks a file that is there, which stays as it is.
    /// - Returns: nil when another process holds it.
    /// - Throws: `ProgramError.failed` when the file cannot be opened.
    init?(existing path: String) throws(ProgramError) {
        file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .failed("\(path) cannot be opened: \(FileSystem.systemMessage())") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return nil }
    }

    deinit {
        // Closing alone lets go only when nobody has a copy; a child that is just being started has one until it executes.
        flock(file, LOCK_UN)
        close(file)
    }
}
