import Glibc

/// Reads a file from the start, piece by piece.
final class FileReader {
    private let file: Int32
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    /// - Parameter path: `-` is standard input.
    /// - Throws: `ProgramError.failed` when it cannot be opened.
    init(path: String) throws(ProgramError) {
        file = unsafe path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .failed("\(path.printable) cannot be read: \(FileSystem.systemMessage())") }
    }

    deinit { close(file) }

    /// The next bytes, nil at the end.
    func next() throws(ProgramError) -> [UInt8]? {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            if count > 0 { return Array(buffer[..<count]) }
            if count == 0 { return nil }
            guard errno == EINTR else { throw .failed("reading failed: \(FileSystem.systemMessage())") }
        }
    }
}

/// Writes a new file that has its name only once it is complete and on the disk.
final class FileWriter {
    private let file: Int32
    private let path: String
    private var isFinished = false

    private var draft: String { path + ".part" }

    /// - Parameter path: `-` is standard output.
    /// - Throws: `ProgramError.failed` when it cannot be made.
    init(path: String) throws(ProgramError) {
        self.path = path
        file =
            unsafe path == "-" ? dup(1) : open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())") }
    }

    deinit {
        close(file)
        if !isFinished, path != "-" { _ = unsafe unlink(draft) }
    }

    func write(_ bytes: [UInt8]) throws(ProgramError) {
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed("writing failed: \(FileSystem.systemMessage())") }
            start += count
        }
    }

    /// Writes a new file, for its owner alone; on the disk when it returns.
    /// - Throws: `ProgramError.failed` when there is one of that name, or it cannot be written; it is gone then.
    static func create(_ bytes: [UInt8], at path: String) throws(ProgramError) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())") }
        defer { close(file) }
        let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(file) == 0 else {
            let cause = FileSystem.systemMessage()
            unsafe unlink(path)
            throw .failed("\(path.printable) cannot be written: \(cause)")
        }
        try FileSystem.syncDirectory(FileSystem.directory(above: path))
    }

    /// Adds `bytes` at the end of a file, made (0600) if it is missing; on the disk when it returns.
    static func append(_ bytes: [UInt8], to path: String) throws(ProgramError) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())") }
        defer { close(file) }
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(file) == 0 else {
            throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())")
        }
    }

    /// Leaves only the first `length` bytes of a file, durably.
    static func cut(_ path: String, to length: Int64) throws(ProgramError) {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())") }
        defer { close(file) }
        guard ftruncate(file, off_t(length)) == 0, fsync(file) == 0 else {
            throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())")
        }
    }

    /// Cuts off what does not belong to a file's last 64 KiB.
    /// - Parameter whole: how many of the bytes it is given are to stay; when none, nothing is cut: the file may be
    ///   something else altogether.
    static func dropEnd(of path: String, keeping whole: ([UInt8]) -> Int) throws(ProgramError) {
        guard let status = FileSystem.status(of: path), status.size > 0 else { return }
        let count = Int(min(status.size, 64 << 10))
        guard let end = FileSystem.end(of: path, count: count) else { return }
        let kept = whole(end)
        guard kept > 0, kept < count else { return }
        guard unsafe truncate(path, off_t(status.size - Int64(count - kept))) == 0 else {
            throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())")
        }
    }

    /// Gives the file its name.
    func finish() throws(ProgramError) {
        guard path != "-" else { return }
        guard fsync(file) == 0, unsafe rename(draft, path) == 0 else {
            throw .failed("\(path.printable) cannot be written: \(FileSystem.systemMessage())")
        }
        isFinished = true
    }
}
