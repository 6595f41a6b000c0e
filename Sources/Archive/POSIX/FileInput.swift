import Glibc

/// An archive that is a file of this machine.
public final class FileInput: ZIPInput {
    private let descriptor: Int32
    public let size: Int64

    public init(path: String) throws(ArchiveError) {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .system() }
        var status = stat()
        guard unsafe fstat(opened, &status) == 0 else {
            let failure = ArchiveError.system()
            close(opened)
            throw failure
        }
        descriptor = opened
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    public func read(at offset: Int64, into room: inout MutableRawSpan) throws -> Int {
        let count = unsafe room.withUnsafeMutableBytes { room in
            var total = 0
            while total < room.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: room[total...])
                let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(total))
                if count > 0 {
                    total += count
                } else if count == 0 {
                    break
                } else if errno != EINTR {
                    return -1
                }
            }
            return total
        }
        guard count >= 0 else { throw ArchiveError.system() }
        return count
    }
}
