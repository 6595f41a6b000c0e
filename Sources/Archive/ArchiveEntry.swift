/// One line of an archive.
public struct ArchiveEntry: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case folder
        /// With the bytes that will follow, 0 or more.
        case file(size: Int64)
    }

    /// Folders and name, with "/" between them and no "/" at the end.
    public let path: String
    public let kind: Kind
    /// When it was last changed: seconds since 1970, UTC.
    public let modified: Int64

    public init(path: String, kind: Kind, modified: Int64) {
        self.path = path
        self.kind = kind
        self.modified = modified
    }
}
