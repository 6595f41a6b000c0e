public import Database
public import Vault

/// What an archive says of itself: everything in it is reachable from here, by hash (docs/formats/sealed-archive.md).
public struct ArchiveManifest: Sendable, Equatable {
    public let id: BackupID
    /// 16 bytes.
    public let vaultID: [UInt8]
    public let programVersion: String
    /// The migrations that the database had.
    public let migrations: [String]
    /// The one moment it shows.
    public let moment: Timestamp
    public let scope: BackupScope
    /// The archives it stands on, oldest first; none for a full one.
    public let chain: [Link]
    public let journal: JournalMark
    public let tables: [Table]
    /// In the order of blob ids.
    let index: [IndexSegment]
    /// All volumes but the last, which holds the manifest.
    public let volumes: [ArchiveVolume]
    public let counts: Counts
    /// Contents that were destroyed between the moment and the copy: shredded, expired.
    let gone: [BlobID]

    /// An earlier archive of the chain.
    public struct Link: Sendable, Equatable {
        public let id: BackupID
        /// SHA-256 of its manifest entry.
        public let manifestHash: [UInt8]
        /// Its key, as its own manifest has it.
        let wrappedKey: [UInt8]
    }

    /// How far the journal was.
    public struct JournalMark: Sendable, Equatable {
        /// The highest number of an event.
        public let lastSequence: Int64
        /// Leaves of the tree that ``checkpoint`` signs.
        public let treeSize: Int64
        /// A signed note (C2SP `tlog-checkpoint`) of the tree at the moment.
        public let checkpoint: String
    }

    public struct Table: Sendable, Equatable {
        public let name: String
        /// In the order of their names' bytes, which is that of a row's values.
        public let columns: [String]
        public let rows: Int64
        let segments: [RowSegment]
    }

    /// Rows of one table, in the order of its key.
    struct RowSegment: Sendable, Equatable {
        /// Which archive of the chain holds it: rows that did not change are not stored again.
        let origin: Int
        let volume: Int
        let number: Int
        let rows: Int
        /// SHA-256 of the sealed bytes.
        let sha256: [UInt8]
        /// SHA-256 of the plain bytes, by which the next increment knows them again.
        let plainHash: [UInt8]
    }

    struct IndexSegment: Sendable, Equatable {
        let records: Int
        /// Of the first and the last record.
        let first: BlobID
        let last: BlobID
        let sha256: [UInt8]
    }

    public struct Counts: Sendable, Equatable {
        /// Live files and folders.
        public var files: Int64 = 0
        public var folders: Int64 = 0
        public var versions: Int64 = 0
        /// Contents in the chain that rows need, and those that this archive holds itself, with their bytes.
        public var blobs: Int64 = 0
        public var ownBlobs: Int64 = 0
        public var ownBytes: Int64 = 0
        /// Records of the index.
        var records: Int64 = 0
    }

    public func table(_ name: String) -> Table? { tables.first { $0.name == name } }

    /// How many volumes there are, the last included.
    public var volumeCount: Int { volumes.count + 1 }
}
