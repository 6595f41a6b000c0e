public import Database
public import Vault

/// What becomes of files and folders that came after the moment.
public enum NewerNodes: String, Sendable, CaseIterable { case keep, trash }

/// A folder, or a whole drive, that is brought back as it was.
public struct TreeRestore: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        /// What there is to do is being found out.
        case planning
        /// A dry run, done: nothing else will happen.
        case preview
        case pending, running, completed, failed, cancelled

        public var isUnderWay: Bool {
            switch self {
            case .planning, .pending, .running: true
            case .preview, .completed, .failed, .cancelled: false
            }
        }
    }

    /// Why one failed. Stored and told.
    public enum Problem: String, Sendable, CaseIterable {
        /// The server stopped before it was known what there is to do: nothing was changed.
        case interrupted
        /// Whoever asked may no longer do it.
        case authorityLost = "authority_lost"
        /// The archive cannot be read any more.
        case archiveUnreadable = "archive_unreadable"
    }

    public let id: RestoreID
    public let space: SpaceID
    public let folder: NodeID
    /// The archive it is brought back from; `nil` for the vault's own history.
    public let backup: BackupID?
    public let moment: Timestamp
    public let newer: NewerNodes
    public let isDryRun: Bool
    public let state: State
    public let problem: Problem?
    /// Nodes that are as they were.
    public let unchanged: Int
    /// Newer ones left where they are.
    public let newerKept: Int
    public let askedBy: AccountID
    public let askedAt: Timestamp
    public let startedAt: Timestamp?
    public let finishedAt: Timestamp?
    package let authority: RewindScene.Authority
    package let isCancelled: Bool
    package let message: String?
    let phase: RestorePhase
    let sequence: Int
}

/// The order in which a restore goes: what is in the way leaves first, folders come before what is in them, and names that
/// two nodes wanted are settled in the end.
package enum RestorePhase: Int, Sendable, CaseIterable {
    /// Newer files in older folders go to the trash.
    case newerFiles = 0
    /// Everything that was there comes back.
    case past = 1
    /// Newer folders, and what is left in them.
    case newerFolders = 2
    /// Those that bear numbered names get their own, where it is free by now.
    case names = 3
    /// Once more: one of those may have been in the way of another.
    case namesAgain = 4

    var isOfNames: Bool { self == .names || self == .namesAgain }
    var next: RestorePhase? { RestorePhase(rawValue: rawValue + 1) }
}

/// One line of a restore's plan, and later of its report.
public struct RestoreItem: Sendable {
    public enum Outcome: String, Sendable, CaseIterable { case planned, done, kept, refused }

    public let node: NodeID
    public let kind: NodeKind
    /// The name it had; `nil` once it was shredded.
    public let name: NodeName?
    /// What is to be done, or was done.
    public let acts: RewindActs
    /// The version whose content comes back; 0 for folders.
    public let version: Int
    /// Bytes it had.
    public let size: Int64
    public let outcome: Outcome
    public let reason: RewindReason?
    /// Its name was taken: it bears a numbered one.
    public let isNumbered: Bool
}

/// What a restore comes to.
public struct RestoreCounts: Sendable, Equatable {
    public var planned = 0
    public var done = 0
    public var kept = 0
    public var refused = 0
    /// How many nodes each deed concerns, planned or done.
    public var byAct: [RewindActs: Int] = [:]
    public var byReason: [RewindReason: Int] = [:]
    /// Bytes that the quota counts more for it, or (negative) less.
    public var growth: Int64 = 0

    public init() {}

    public mutating func add(_ other: RestoreCounts) {
        planned += other.planned
        done += other.done
        kept += other.kept
        refused += other.refused
        byAct.merge(other.byAct, uniquingKeysWith: +)
        byReason.merge(other.byReason, uniquingKeysWith: +)
        growth += other.growth
    }

    public var total: Int { planned + done + kept + refused }
}
