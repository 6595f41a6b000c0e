import BlobStore
import Crypto
import Glibc
import Synchronization

/// A new file that is written from beginning to end, hashed on its way, and stays. Its calls block.
final class KeptFile: Sendable {
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State: ~Copyable {
        var hasher = ContentHasher(md5: false)
        var offset: Int64 = 0
    }

    init(creating path: String) throws(BlobStoreError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure() }
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) throws(BlobStoreError) {
        try state.withLock { (state) throws(BlobStoreError) in
            var written = 0
            while written < bytes.count {
                let offset = off_t(state.offset) + off_t(written)
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                    return unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset)
                }
                if count >= 0 {
                    written += count
                } else if errno != EINTR {
                    throw Self.failure()
                }
            }
            state.offset += Int64(written)
            state.hasher.update(bytes)
        }
    }

    /// Takes everything out again.
    func startOver() throws(BlobStoreError) {
        guard ftruncate(descriptor, 0) == 0 else { throw Self.failure() }
        state.withLock { state in
            state.offset = 0
            state.hasher = ContentHasher(md5: false)
        }
    }

    /// Makes it durable.
    /// - Returns: its SHA-256.
    func finish() throws(BlobStoreError) -> [UInt8] {
        guard fdatasync(descriptor) == 0 else { throw Self.failure() }
        return state.withLock { $0.hasher.finish().sha256 }
    }

    private static func failure(_ code: Int32 = errno) -> BlobStoreError {
        switch code {
        case ENOSPC, EDQUOT: .full
        case ENOMEM: .unavailable("out of memory")
        default: .io(code)
        }
    }
}
