import Glibc

/// Calls that the C library has but shows only to programs that ask for GNU extensions, which Swift's import does
/// not. They are looked up by name once; a C library without them makes us do without.
enum LinuxCalls {
    private typealias ReadVector = @convention(c) (Int32, UnsafePointer<iovec>?, Int32, off_t, Int32) -> Int
    private typealias SyncRange = @convention(c) (Int32, off_t, off_t, UInt32) -> Int32

    private typealias SyncFileSystem = @convention(c) (Int32) -> Int32

    private static let readVector = unsafe dlsym(nil, "preadv2").map { unsafe unsafeBitCast($0, to: ReadVector.self) }
    private static let syncRange =
        unsafe dlsym(nil, "sync_file_range").map { unsafe unsafeBitCast($0, to: SyncRange.self) }

    private static let syncWhole = unsafe dlsym(nil, "syncfs").map { unsafe unsafeBitCast($0, to: SyncFileSystem.self) }

    /// syncfs(2): waits until everything on the file system of this file is stored; sync(2) where there is none.
    /// - Returns: 0, or -1 with `errno` set.
    static func syncFileSystem(_ file: Int32) -> Int32 {
        guard let syncWhole else {
            sync()
            return 0
        }
        return syncWhole(file)
    }

    /// preadv2(2) with RWF_NOWAIT: reads only what is in memory.
    /// - Returns: bytes read, or -1 with `errno` set, `EAGAIN` when none are in memory.
    static func readWithoutWaiting(_ file: Int32, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
        guard let readVector = unsafe readVector else {
            errno = EOPNOTSUPP
            return -1
        }
        var vector = unsafe iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return unsafe readVector(file, &vector, 1, off_t(offset), 0x8 /* RWF_NOWAIT */)
    }

    /// sync_file_range(2) with SYNC_FILE_RANGE_WRITE: starts writing these pages, without waiting for them.
    static func startWriting(_ file: Int32, from offset: Int64, count: Int64) {
        _ = syncRange?(file, off_t(offset), off_t(count), 2)
    }
}
