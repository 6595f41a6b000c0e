public import Database
public import Vault
public import Versions

public enum ArchiveRestoreEntity {}
/// One bringing back of an archive.
public typealias ArchiveRestoreID = ID<ArchiveRestoreEntity>

/// An archive that is brought back into the vault it was made of (requirements/2, step 5).
public struct ArchiveRestore: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case waiting, preparing, running, completed, failed

        /// The word of the document.
        public var documentName: String {
            switch self {
            case .waiting: "en_attente"
            case .preparing, .running: "en_cours"
            case .completed: "terminee"
            case .failed: "echouee"
            }
        }

        public var isUnderWay: Bool { self != .completed && self != .failed }
    }

    /// Why one failed. Stored and told.
    public enum Problem: String, Sendable, CaseIterable {
        /// The archive, or one it stands on, is missing, altered, of another vault or of a newer program.
        case archiveUnreadable = "archive_unreadable"
        /// Nothing of the selection is in the archive.
        case selectionNotFound = "selection_not_found"
        /// Whoever asked may no longer do it.
        case authorityLost = "authority_lost"
        /// The moment asked for is later than the archive's, or before what it holds.
        case momentNotHeld = "moment_not_held"
    }

    public let id: ArchiveRestoreID
    public let backup: BackupID
    public let state: State
    /// Nil for the archive's own moment.
    public let asOf: Timestamp?
    public let newer: NewerNodes
    public let isDryRun: Bool
    /// Ids of files and folders, or their paths; empty for everything.
    public let selection: [String]
    /// Contents that the store lacked, or that were damaged there, and came back out of the archive.
    public let mended: Int
    /// Contents that neither of them has whole.
    public let lost: Int
    public let problem: Problem?
    public let requestedBy: AccountID
    public let requestedAt: Timestamp
    public let startedAt: Timestamp?
    public let finishedAt: Timestamp?
}

/// What somebody wants brought back.
public struct ArchiveRestoreRequest: Sendable {
    public var asOf: Timestamp?
    public var newer: NewerNodes
    public var isDryRun: Bool
    public var selection: [String]

    public static let mostSelected = 1_000
    public static let longestPath = 4_096

    public init(asOf: Timestamp? = nil, newer: NewerNodes = .keep, isDryRun: Bool = false, selection: [String] = []) {
        self.asOf = asOf
        self.newer = newer
        self.isDryRun = isDryRun
        self.selection = selection
    }
}

/// How far it is, and what it came to: all its spaces together.
public struct ArchiveRestoreReport: Sendable {
    public let restore: ArchiveRestore
    public let counts: RestoreCounts
    /// Nodes that are as they were.
    public let unchanged: Int
    public let newerKept: Int
    /// Whether any of its spaces still is.
    let isUnderWay: Bool
}
