import Glibc

/// Names in the file system. Every call may block and belongs on an I/O thread.
enum Directory {
    /// Makes a directory for its owner only.
    /// - Returns: false if it was there already.
    @discardableResult
    static func make(_ path: String) throws(BlobStoreError) -> Bool {
        if unsafe mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw .system() }
        return false
    }

    /// Waits until the names in a directory are on the disk.
    static func sync(_ path: String) throws(BlobStoreError) {
        try OpenFile(directory: path).syncNames()
    }

    /// Moves a file to another name, in place of what has that name.
    /// - Returns: false if the directory of the new name is missing.
    static func rename(_ old: String, to new: String) throws(BlobStoreError) -> Bool {
        if unsafe Glibc.rename(old, new) == 0 { return true }
        guard errno == ENOENT else { throw .system() }
        return false
    }

    /// - Returns: false if there was no such file.
    @discardableResult
    static func removeFile(_ path: String) throws(BlobStoreError) -> Bool {
        if unsafe unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw .system() }
        return false
    }

    /// The names in a directory, sorted; none if it does not exist.
    static func names(_ path: String) throws(BlobStoreError) -> [String] {
        guard let listing = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw .system()
        }
        defer { unsafe closedir(listing) }
        var names: [String] = []
        while let entry = unsafe readdir(listing) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        names.sort()
        return names
    }

    static func isDirectory(_ path: String) throws(BlobStoreError) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return false }
            throw .system()
        }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes a directory that holds nothing; any other stays.
    static func removeIfEmpty(_ path: String) { unsafe rmdir(path) }

    /// Removes the files of a directory that have not changed for `age` milliseconds.
    /// - Returns: how many there were.
    static func removeFiles(in directory: String, olderThanMs age: Int64) throws(BlobStoreError) -> Int {
        let now = now()
        var removed = 0
        for name in try names(directory) {
            let path = "\(directory)/\(name)"
            guard let status = try status(path), now - status.modified >= age else { continue }
            if try removeFile(path) { removed += 1 }
        }
        return removed
    }

    /// Size and time of change (milliseconds since 1970) of a file; nil if it does not exist.
    static func status(_ path: String) throws(BlobStoreError) -> (size: Int64, modified: Int64)? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .system()
        }
        let modified = Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        return (Int64(status.st_size), modified)
    }

    /// The room on the file system of a directory.
    static func space(_ path: String) throws(BlobStoreError) -> BlobStoreStatistics {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw .system() }
        let unit = UInt64(status.f_frsize)
        return BlobStoreStatistics(
            freeBytes: Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: unit).partialValue),
            totalBytes: Int64(clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: unit).partialValue))
    }

    /// Milliseconds since 1970, by the clock that also stamps files.
    static func now() -> Int64 {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
