import Glibc

/// The directory that holds key files: 0700, its files 0600, every write atomic and durable.
///
/// All errors are `.keyFile` with words for the operator. No key material is ever in them.
struct KeyDirectory: Sendable {
    let path: String

    func path(of name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

    /// Whether there is anything of that name.
    func exists(_ name: String) -> Bool {
        unsafe access(path(of: name), F_OK) == 0
    }

    /// Makes the directory (and those above it) if it is missing, and closes it to other users if it is used for
    /// nothing else: somebody's `/etc` stays as it is, and `problems` tells of it.
    func prepare() throws(CryptoError) {
        guard !path.isEmpty else { throw CryptoError.keyFile("no directory for the keys is given") }
        var index = path.utf8.startIndex
        while index < path.utf8.endIndex {
            let next = path.utf8[path.utf8.index(after: index)...].firstIndex(of: UInt8(ascii: "/"))
            index = next ?? path.utf8.endIndex
            if unsafe mkdir(String(path[..<index]), 0o700) != 0, errno != EEXIST {
                throw failure("cannot make the directory \(path)")
            }
        }
        guard let mode = Self.mode(of: path) else { throw failure("cannot look at the directory \(path)") }
        if mode & 0o077 != 0, holdsOnlyKeys { unsafe chmod(path, 0o700) }
    }

    /// Whether there is nothing in the directory but a README and hidden files.
    private var holdsOnlyKeys: Bool {
        guard let directory = unsafe opendir(path) else { return false }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard name.hasPrefix(".") || name == "README.md" || name == "vault.key" else { return false }
        }
        return true
    }

    /// Reads a whole file that only its owner may read.
    ///
    /// - Parameters:
    ///   - maximumSize: more than this is refused.
    ///   - ifMissing: what to tell the operator when there is no such file.
    func read(_ name: String, maximumSize: Int, ifMissing: String) throws(CryptoError) -> SecretBytes {
        let file = path(of: name)
        // Not blocking, so that a FIFO in its place cannot hang the program.
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? CryptoError.keyFile(ifMissing) : failure("cannot read \(file)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("cannot look at \(file)") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CryptoError.keyFile("\(file) is not a file. Put the key file there.")
        }
        if let problem = Self.permissionProblem(file, mode: status.st_mode & 0o7777, wanted: "600") {
            throw CryptoError.keyFile(problem)
        }
        guard status.st_size <= maximumSize else {
            throw CryptoError.keyFile("\(file) is too big to be what it should be. Put back the right file.")
        }
        var bytes = SecretBytes(zeroed: Int(status.st_size), protection: .guarded)
        let complete = bytes.withMutableBytes { Self.readAll(descriptor, into: &$0) }
        guard complete else { throw failure("cannot read all of \(file)") }
        return bytes
    }

    enum Writing {
        /// The file must not be there yet.
        case new
        /// Whatever is there is replaced in one step.
        case replacing
    }

    /// Writes a file so that after a crash there is either all of it or what was there before; durable on return.
    func write(_ bytes: Span<UInt8>, to name: String, _ writing: Writing) throws(CryptoError) {
        let file = path(of: name)
        let temporary = path(of: ".\(name).\(Random.token(9))")
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write in \(path)") }
        let written = Self.writeAll(descriptor, bytes) && fsync(descriptor) == 0
        let cause = errno
        close(descriptor)
        guard written else {
            unsafe unlink(temporary)
            throw failure("cannot write \(file)", cause)
        }
        let placed =
            switch writing {
            case .new: placeNew(temporary, file)
            case .replacing: unsafe rename(temporary, file) == 0
            }
        guard placed else {
            let cause = errno
            unsafe unlink(temporary)
            if cause == EEXIST {
                throw CryptoError.keyFile("\(file) is there already and is never overwritten. Move it away first.")
            }
            throw failure("cannot put \(file) in place", cause)
        }
        try syncDirectory()
    }

    /// Runs `body` while no other process that locks the same directory does: what is read, changed and written in it is
    /// one step.
    func locked<Result: ~Copyable>(_ body: () throws(CryptoError) -> Result) throws(CryptoError) -> Result {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open \(path)") }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("cannot lock \(path)") }
        }
        return try body()
    }

    /// Removes a file, if it is there.
    func remove(_ name: String) {
        unsafe unlink(path(of: name))
    }

    /// What is wrong with the protection of the directory and the named files, as far as they exist.
    func problems(with names: [String]) -> [String] {
        var problems: [String] = []
        if let mode = Self.mode(of: path), let problem = Self.permissionProblem(path, mode: mode, wanted: "700") {
            problems.append(problem)
        }
        for name in names {
            let file = path(of: name)
            if let mode = Self.mode(of: file), let problem = Self.permissionProblem(file, mode: mode, wanted: "600") {
                problems.append(problem)
            }
        }
        return problems
    }

    private static func permissionProblem(_ file: String, mode: mode_t, wanted: String) -> String? {
        guard mode & 0o077 != 0 else { return nil }
        return "\(file) is open to other users (mode \(String(mode, radix: 8))). Close it: chmod \(wanted) \(file)"
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & 0o7777
    }

    /// Gives the file its name without ever replacing another: a link, or a rename where there are no links.
    private func placeNew(_ temporary: String, _ file: String) -> Bool {
        if unsafe link(temporary, file) == 0 {
            unsafe unlink(temporary)
            return true
        }
        guard errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS else { return false }
        guard unsafe access(file, F_OK) != 0 else {
            errno = EEXIST
            return false
        }
        return unsafe rename(temporary, file) == 0
    }

    private func syncDirectory() throws(CryptoError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot make \(path) durable") }
    }

    private static func readAll(_ descriptor: Int32, into output: inout MutableSpan<UInt8>) -> Bool {
        unsafe output.withUnsafeMutableBytes { buffer in
            var position = 0
            while position < buffer.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[position...])
                let count = unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                position += count
            }
            return true
        }
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Bool {
        unsafe bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[position...])
                let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                position += count
            }
            return true
        }
    }

    private func failure(_ what: String, _ cause: Int32 = errno) -> CryptoError {
        .keyFile("\(what): \(unsafe String(cString: strerror(cause)))")
    }
}
