import Glibc

/// Calls that the C library shows only to programs that ask for GNU extensions, which Swift's import does not. Looked up by
/// name once; a C library without them makes us do without.
enum LinuxCalls {
    private typealias SyncRange = @convention(c) (Int32, off_t, off_t, UInt32) -> Int32

    private static let syncRange =
        unsafe dlsym(nil, "sync_file_range").map { unsafe unsafeBitCast($0, to: SyncRange.self) }

    /// sync_file_range(2) with SYNC_FILE_RANGE_WRITE: starts writing these pages, without waiting for them.
    static func startWriting(_ file: Int32, from offset: Int64, count: Int64) {
        _ = syncRange?(file, off_t(offset), off_t(count), 2)
    }
}

extension ArchiveError {
    /// What the system call that just failed stands for.
    static func system(_ code: Int32 = errno) -> ArchiveError {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .full
        case ENOMEM: .outOfMemory
        default: .io(code)
        }
    }
}
