import Glibc

/// Owns one file descriptor; closes it exactly once.
///
/// Every call but `readNow` may block and belongs on an I/O thread.
final class OpenFile: Sendable {
    private let descriptor: Int32

    /// Creates a file that must not exist yet, readable by its owner only.
    init(creating path: String) throws(BlobStoreError) {
        descriptor = try Self.open(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Creates a file, in the place of the content of one that is there.
    init(replacing path: String) throws(BlobStoreError) {
        descriptor = try Self.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    }

    /// Opens a file for reading.
    /// - Returns: nil if there is none.
    init?(reading path: String) throws(BlobStoreError) {
        do throws(BlobStoreError) {
            descriptor = try Self.open(path, O_RDONLY)
        } catch .io(ENOENT) {
            return nil
        }
    }

    /// Opens a directory, to sync it.
    init(directory path: String) throws(BlobStoreError) {
        descriptor = try Self.open(path, O_RDONLY | O_DIRECTORY)
    }

    deinit { Glibc.close(descriptor) }

    private static func open(_ path: String, _ flags: Int32) throws(BlobStoreError) -> Int32 {
        while true {
            let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw .system() }
        }
    }

    /// Size in bytes.
    func size() throws(BlobStoreError) -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system() }
        return Int64(status.st_size)
    }

    /// Writes all of `bytes` at the file's end.
    func write(_ bytes: [UInt8]) throws(BlobStoreError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw .system()
            }
        }
    }

    /// Has the system begin to store a range, so that a later sync has little left to do.
    func startWriting(from offset: Int64, count: Int64) {
        LinuxCalls.startWriting(descriptor, from: offset, count: count)
    }

    /// Waits until the content is on the disk.
    func sync() throws(BlobStoreError) {
        guard fdatasync(descriptor) == 0 else { throw .system() }
    }

    /// Waits until content and names are on the disk.
    func syncNames() throws(BlobStoreError) {
        guard fsync(descriptor) == 0 else { throw .system() }
    }

    /// Waits until everything on this file system is on the disk.
    func syncFileSystem() throws(BlobStoreError) {
        guard LinuxCalls.syncFileSystem(descriptor) == 0 else { throw .system() }
    }

    /// Fills `buffer` with what is in memory; nil when nothing is, or the file system cannot tell.
    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws(BlobStoreError) -> Int? {
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe LinuxCalls.readWithoutWaiting(descriptor, $0, at: offset)
        }
        if count >= 0 { return count }
        switch errno {
        case EAGAIN, EOPNOTSUPP, EINTR, ENOSYS: return nil
        default: throw .system()
        }
    }

    /// Reads `count` bytes, fewer only at the end of the file.
    func read(at offset: Int64, count: Int) throws(BlobStoreError) -> [UInt8] {
        var failure: BlobStoreError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, total in
            while total < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[total...])
                let read = unsafe pread(descriptor, rest.baseAddress, count - total, off_t(offset) + off_t(total))
                if read > 0 {
                    total += read
                } else if read == 0 {
                    return
                } else if errno != EINTR {
                    failure = .system()
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
