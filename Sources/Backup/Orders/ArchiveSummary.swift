public import Database

/// One file of an archive.
public struct ArchiveVolume: Sendable, Equatable {
    /// Its name in the archive store.
    public let name: String
    /// Bytes.
    public let size: Int64
    /// 32 bytes.
    public let sha256: [UInt8]

    public init(name: String, size: Int64, sha256: [UInt8]) {
        self.name = name
        self.size = size
        self.sha256 = sha256
    }
}

/// What an archive came to.
public struct ArchiveSummary: Sendable, Equatable {
    /// The one moment that it shows.
    public let moment: Timestamp
    public let volumes: [ArchiveVolume]
    /// SHA-256 of the sealed manifest; for a portable archive of its list of contents.
    public let manifestHash: [UInt8]
    /// Live files and folders that it shows, those of its ancestors included.
    public let files: Int
    public let folders: Int
    /// Versions whose contents it or its ancestors hold.
    public let versions: Int
    /// Contents that it holds itself, and their bytes.
    public let blobs: Int
    public let bytes: Int64
    /// Events of the journal that it holds; 0 but for the system.
    public let journalSize: Int64

    public init(
        moment: Timestamp, volumes: [ArchiveVolume], manifestHash: [UInt8], files: Int, folders: Int, versions: Int,
        blobs: Int, bytes: Int64, journalSize: Int64
    ) {
        self.moment = moment
        self.volumes = volumes
        self.manifestHash = manifestHash
        self.files = files
        self.folders = folders
        self.versions = versions
        self.blobs = blobs
        self.bytes = bytes
        self.journalSize = journalSize
    }
}
