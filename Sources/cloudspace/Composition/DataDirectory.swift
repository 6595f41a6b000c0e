/// Where the sealed data lies: the database and the blobs too large for it.
struct DataDirectory: Sendable {
    let path: String

    var database: String { path + "/vault.db" }
    var blobs: String { path + "/blobs" }
    /// Held locked by the one server of this directory.
    var serverLock: String { path + "/server.lock" }

    /// Whether there is a vault already: its keys must never be made anew.
    var holdsVault: Bool {
        hasDatabase || FileSystem.status(of: blobs) != nil
    }

    /// Whether there are rows.
    var hasDatabase: Bool { FileSystem.status(of: database).map { $0.size > 0 } ?? false }

    /// Whether a blob was ever stored: a database that does not know it would give it up as an orphan.
    var holdsBlobs: Bool {
        // Blobs lie in folders named by two hexadecimal digits.
        FileSystem.entries(of: blobs).contains { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }

    /// - Returns: whether the directory was made now.
    /// - Throws: `ProgramError.failed` in the system's words.
    func prepare() throws(ProgramError) -> Bool {
        let isNew = try FileSystem.makeDirectory(path)
        _ = try FileSystem.makeDirectory(blobs)
        return isNew
    }
}
