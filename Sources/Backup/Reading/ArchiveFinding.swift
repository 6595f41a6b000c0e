public import Vault

/// One thing that is wrong with an archive.
public enum ArchiveFinding: Sendable, Equatable, CustomStringConvertible {
    case refused(ArchiveRefusal)
    /// A row needs a content that the chain does not hold, or not all of it.
    case contentNotHeld(BlobID)
    /// A table has another number of rows than the manifest says.
    case rowCount(table: String)
    case volumeSize(String)
    /// The archive's checkpoint is not signed by this vault, or today's journal does not continue it: one of them was
    /// rewritten.
    case journalDiffers(treeSize: Int64)
    /// A content of a version does not open, or is not what the version says.
    case versionRefuted(NodeID, number: Int)

    public var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .contentNotHeld(let blob): "a row needs blob \(blob), which the chain does not hold as a whole"
        case .rowCount(let table): "table \(table) has another number of rows than the manifest says"
        case .volumeSize(let name): "volume \(name) has another size than the manifest says"
        case .journalDiffers(let size):
            "the journal of today does not continue the archive's checkpoint of \(size) events: one of the two was rewritten"
        case .versionRefuted(let node, let number):
            "version \(number) of file \(node) does not open, or is something else"
        }
    }

    /// A stable word for programs.
    public var code: String {
        switch self {
        case .refused: "archive_refused"
        case .contentNotHeld: "content_not_held"
        case .rowCount: "row_count"
        case .volumeSize: "volume_size"
        case .journalDiffers: "journal_differs"
        case .versionRefuted: "version_refuted"
        }
    }
}

/// What looking at an archive found.
public struct ArchiveReport: Sendable, Equatable {
    /// The first of what is wrong.
    public private(set) var findings: [ArchiveFinding] = []
    public private(set) var findingCount = 0
    /// Contents and bytes that were read and found to be what was written.
    public internal(set) var contents = 0
    public internal(set) var bytes: Int64 = 0
    public internal(set) var rows: Int64 = 0
    /// Versions decrypted and equal to what they were given; versions whose keys were destroyed since.
    public internal(set) var proven = 0
    public internal(set) var shredded = 0

    static let mostFindings = 100

    public var isSound: Bool { findingCount == 0 }

    mutating func add(_ finding: ArchiveFinding) {
        findingCount += 1
        if findings.count < Self.mostFindings { findings.append(finding) }
    }
}
