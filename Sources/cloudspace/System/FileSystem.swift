import Glibc

/// What is known of one file or directory.
struct FileStatus: Sendable, Equatable {
    let isDirectory: Bool
    let size: Int64
    /// The nine permission bits.
    let mode: UInt32
    let owner: UInt32
    /// Which file system it is on.
    let device: UInt64
}

/// The few file operations of the program itself; blobs and keys have their own.
enum FileSystem {
    /// - Returns: nil when there is nothing at `path`, or it cannot be looked at.
    static func status(of path: String) -> FileStatus? {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else { return nil }
        return FileStatus(
            isDirectory: found.st_mode & S_IFMT == S_IFDIR, size: Int64(found.st_size),
            mode: UInt32(found.st_mode & 0o777), owner: found.st_uid, device: UInt64(found.st_dev))
    }

    /// What a name stands for, links not followed.
    enum Kind: Sendable, Equatable {
        case file, directory, link, other
        /// It cannot be looked at; the system's words.
        case unknown(String)
    }

    static func kind(of path: String) -> Kind {
        var found = stat()
        guard unsafe lstat(path, &found) == 0 else { return .unknown(systemMessage()) }
        switch found.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// Why this user cannot list a directory, in the system's words; nil when it can.
    static func listingRefusal(_ path: String) -> String? {
        unsafe access(path, R_OK | X_OK) == 0 ? nil : systemMessage()
    }

    /// Makes a directory, and those above it, for the owner only (0700).
    /// - Returns: whether the last one was made now; false when it was there.
    /// - Throws: `ProgramError.failed` in the system's words.
    static func makeDirectory(_ path: String) throws(ProgramError) -> Bool {
        if let status = status(of: path) {
            guard status.isDirectory else { throw .failed("\(path) is not a directory") }
            return false
        }
        let parent = directory(above: path)
        if status(of: parent) == nil { _ = try makeDirectory(parent) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .failed("the directory \(path) cannot be made: \(systemMessage())")
        }
        try syncDirectory(parent)
        return true
    }

    /// Makes the names in a directory durable: what was made in it survives a power cut.
    static func syncDirectory(_ path: String) throws(ProgramError) {
        let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .failed("\(path) cannot be opened: \(systemMessage())") }
        defer { close(directory) }
        // Some file systems cannot sync a directory, and say so with EINVAL; they need not be synced.
        guard fsync(directory) == 0 || errno == EINVAL else {
            throw .failed("\(path) cannot be synced: \(systemMessage())")
        }
    }

    /// Everything before the last component.
    static func directory(above path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Names in a directory, without `.` and `..`; none when it cannot be read.
    static func entries(of path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Absolute, without links; as far as the path exists.
    static func resolved(_ path: String) -> String {
        guard let found = unsafe realpath(path, nil) else {
            let path = withoutEmptyComponents(path)
            let parent = directory(above: path)
            guard parent != path, parent != "." || !path.hasPrefix("/") else { return path }
            let last = path.split(separator: "/").last.map(String.init) ?? path
            let above = resolved(parent)
            return above == "/" ? "/" + last : above + "/" + last
        }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// Without `.`, doubled and trailing slashes.
    private static func withoutEmptyComponents(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }

    /// Bytes available to this user on the file system of `path`.
    static func freeBytes(at path: String) -> Int64? {
        var found = statvfs()
        guard unsafe statvfs(path, &found) == 0 else { return nil }
        let (bytes, overflow) = Int64(found.f_bavail).multipliedReportingOverflow(by: Int64(found.f_frsize))
        return overflow ? .max : bytes
    }

    /// - Returns: nil when the file cannot be read, is larger than `limit`, or is no UTF-8.
    static func text(of path: String, limit: Int) -> String? {
        bytes(of: path, limit: limit).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// - Returns: nil when the file cannot be read or is larger than `limit`.
    static func bytes(of path: String, limit: Int) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > limit { return nil }
        }
    }

    /// The last `count` bytes of a file, nil when there are not so many.
    static func end(of path: String, count: Int) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let start = lseek(file, 0, SEEK_END) - off_t(count)
        guard start >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, count, start) }
        return read == count ? bytes : nil
    }

    /// What the system says about the last failure.
    static func systemMessage() -> String {
        let code = errno
        return unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
