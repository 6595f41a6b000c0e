/// Why one entry of an archive from outside is left where it is.
public enum EntryRefusal: String, Error, Sendable, CaseIterable {
    /// A part of the path is "..": it would lead out of the folder.
    case pathTraversal = "path_traversal"
    /// It begins at a root: "/", "C:" or "\\server".
    case absolutePath = "absolute_path"
    case controlCharacter = "control_character"
    /// Not UTF-8 though it says so.
    case brokenName = "broken_name"
    /// Nothing that a file or folder here may be called.
    case forbiddenName = "forbidden_name"
    case tooDeep = "too_deep"
    /// A symbolic link.
    case link
    /// A device or a socket.
    case device
    /// Another entry before it has the same path, or one that differs only in case or in how letters are composed.
    case duplicateName = "duplicate_name"
    /// A file and a folder of one path.
    case fileAndFolder = "file_and_folder"
    /// Two names that contradict each other: which one is meant depends on who reads.
    case ambiguousName = "ambiguous_name"
    /// Its bytes are also another's.
    case overlap
    /// Its local header says something else than the directory.
    case headerMismatch = "header_mismatch"
    /// It would become too many times larger than it is.
    case compressionRatio = "compression_ratio"
    case unsupportedMethod = "unsupported_method"
    case unsupportedEncryption = "unsupported_encryption"
    case passwordNeeded = "password_needed"
    case wrongPassword = "wrong_password"
    /// The content is not what its checksum says.
    case wrongCRC = "wrong_crc"
    /// The content ends early, or its compression is none.
    case damagedContent = "damaged_content"
}

extension EntryRefusal {
    /// What keeps an entry from being read to its end; nil for what has nothing to do with the entry.
    public init?(_ error: ArchiveError) {
        switch error {
        case .wrongCRC: self = .wrongCRC
        case .wrongPassword: self = .wrongPassword
        case .passwordNeeded: self = .passwordNeeded
        case .unsupportedMethod: self = .unsupportedMethod
        case .unsupportedEncryption: self = .unsupportedEncryption
        case .damaged, .truncated, .wrongLength, .refused, .notZIP, .multiDisk: self = .damagedContent
        case .outOfMemory, .noUTF8, .tooManyEntries, .pathTooLong, .empty, .duplicateName, .full, .io, .cancelled,
            .tooLarge:
            return nil
        }
    }
}
