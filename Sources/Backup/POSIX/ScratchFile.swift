import BlobStore
import Glibc

/// A file that is written at its end and read anywhere while an archive is made, and gone with its last owner.
///
/// Its calls may block: they belong on a thread of their own. What is written there is sealed, or no secret.
final class ScratchFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// - Throws: `BlobStoreError`.
    init(creating path: String) throws(BlobStoreError) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure() }
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
    }

    /// Writes `bytes` at `offset`.
    func write(_ bytes: [UInt8], at offset: Int64) throws(BlobStoreError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(written))
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw Self.failure()
            }
        }
    }

    /// - Returns: `count` bytes, fewer only at the end of the file.
    func read(at offset: Int64, count: Int) throws(BlobStoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var total = 0
        while total < count {
            let read = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(total))
            }
            if read > 0 {
                total += read
            } else if read == 0 {
                break
            } else if errno != EINTR {
                throw Self.failure()
            }
        }
        bytes.removeLast(count - total)
        return bytes
    }

    /// Empties the file.
    func truncate() throws(BlobStoreError) {
        guard ftruncate(descriptor, 0) == 0 else { throw Self.failure() }
    }

    private static func failure(_ code: Int32 = errno) -> BlobStoreError {
        switch code {
        case ENOSPC, EDQUOT: .full
        case ENOMEM: .unavailable("out of memory")
        default: .io(code)
        }
    }
}

/// Names in the scratch directory.
enum ScratchDirectory {
    /// Removes every file whose name begins with `prefix`.
    static func remove(beginningWith prefix: String, in directory: String) {
        guard let listing = unsafe opendir(directory) else { return }
        defer { unsafe closedir(listing) }
        var names: [String] = []
        while let entry = unsafe readdir(listing) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(prefix) { names.append(name) }
        }
        for name in names { unsafe unlink("\(directory)/\(name)") }
    }
}
