import Crypto
import Glibc
import Outbound
import Synchronization

/// Which file this is and in which state: two looks that are equal saw the same content, unless somebody turned the clock
/// of the file system back.
struct FileIdentity: Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    /// Nanoseconds since 1970 of the last change of the content, and of anything.
    let modified: Int64
    let changed: Int64
    /// How many names it has.
    let links: UInt64

    init(_ found: stat) {
        device = UInt64(found.st_dev)
        inode = UInt64(found.st_ino)
        size = Int64(found.st_size)
        modified = Int64(found.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(found.st_mtim.tv_nsec)
        changed = Int64(found.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(found.st_ctim.tv_nsec)
        links = UInt64(found.st_nlink)
    }
}

/// A regular file of this machine, hashed while it is sent.
///
/// `@safe`: the descriptor is closed once, by the last owner.
final class LocalFile: TransferSource {
    let path: String
    let identity: FileIdentity
    private let file: Int32
    private let state = Mutex(State())
    /// Told how many bytes went, for whoever shows progress; negative when they go again.
    private let moved: @Sendable (Int64) -> Void

    private struct State: ~Copyable {
        var hasher = ContentHasher(md5: false)
        var offset: Int64 = 0
        var digest: [UInt8]?
    }

    /// - Throws: `ProgramError.failed` when it cannot be read, or is no regular file; links are not followed.
    init(path: String, moved: @escaping @Sendable (Int64) -> Void = { _ in }) throws(ProgramError) {
        self.path = path
        self.moved = moved
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw .failed("cannot be read: \(FileSystem.systemMessage())") }
        var found = stat()
        guard unsafe fstat(file, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw .failed("is no regular file")
        }
        self.file = file
        identity = FileIdentity(found)
    }

    deinit { close(file) }

    var byteCount: Int64 { identity.size }

    func next(atMost count: Int) -> [UInt8]? {
        state.withLock { state in
            let wanted = Int(min(Int64(count), identity.size - state.offset))
            guard wanted > 0 else { return [] }
            var bytes = [UInt8](repeating: 0, count: wanted)
            let read = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(file, $0.baseAddress, wanted, off_t(state.offset))
            }
            // Fewer bytes than it had when it was opened: it is being written to.
            guard read > 0 else { return nil }
            if read < wanted { bytes.removeLast(wanted - read) }
            state.hasher.update(bytes)
            state.offset += Int64(read)
            moved(Int64(read))
            return bytes
        }
    }

    func rewind() -> Bool {
        state.withLock { state in
            moved(-state.offset)
            state.offset = 0
            state.hasher = ContentHasher(md5: false)
            state.digest = nil
            return true
        }
    }

    /// SHA-256 of everything that was read, when that was the whole file; 32 bytes.
    func digest() -> [UInt8]? {
        state.withLock { state in
            guard state.offset == identity.size else { return nil }
            let digest = state.digest ?? state.hasher.finish().sha256
            state.digest = digest
            return digest
        }
    }

    /// Reads the whole file for its digest alone.
    func readDigest() -> [UInt8]? {
        guard rewind() else { return nil }
        while true {
            guard let bytes = next(atMost: 256 << 10) else { return nil }
            if bytes.isEmpty { return digest() }
        }
    }

    /// What becomes of the content when the name goes.
    enum Removal: Sendable {
        case unlink
        /// The content is overwritten with zeros first. Disks that write elsewhere (flash, copy-on-write) keep it all the same.
        case overwrite
    }

    /// Removes the file, if its name still stands for what was opened and nothing was written to it since.
    /// - Throws: `ProgramError.failed`, with nothing removed.
    func remove(_ removal: Removal) throws(ProgramError) {
        try demandUnchanged()
        if case .overwrite = removal {
            guard identity.links <= 1 else {
                throw .failed("has other names (hard links), whose content must not be overwritten; not removed")
            }
            try overwrite()
        }
        guard unsafe unlink(path) == 0 else { throw .failed("cannot be removed: \(FileSystem.systemMessage())") }
    }

    private func demandUnchanged() throws(ProgramError) {
        var named = stat()
        var opened = stat()
        guard unsafe lstat(path, &named) == 0, unsafe fstat(file, &opened) == 0,
            FileIdentity(named) == identity, FileIdentity(opened) == identity
        else { throw .failed("changed while it was sent; not removed") }
    }

    private func overwrite() throws(ProgramError) {
        let target = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard target >= 0 else { throw .failed("cannot be overwritten: \(FileSystem.systemMessage())") }
        defer { close(target) }
        var found = stat()
        guard unsafe fstat(target, &found) == 0, FileIdentity(found) == identity else {
            throw .failed("changed while it was sent; not removed")
        }
        let zeros = [UInt8](repeating: 0, count: 256 << 10)
        var offset: Int64 = 0
        while offset < identity.size {
            let count = Int(min(Int64(zeros.count), identity.size - offset))
            let written = unsafe zeros.withUnsafeBytes { unsafe pwrite(target, $0.baseAddress, count, off_t(offset)) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .failed("cannot be overwritten: \(FileSystem.systemMessage())") }
            offset += Int64(written)
        }
        guard fsync(target) == 0 else { throw .failed("cannot be overwritten: \(FileSystem.systemMessage())") }
    }
}
