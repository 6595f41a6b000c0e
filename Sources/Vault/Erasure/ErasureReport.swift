public import Database

/// How far the erasure of an account is.
public enum ErasureStatus: String, Sendable, CaseIterable {
    /// A dry run: nothing was asked.
    case planned
    /// Asked; the account is closed, its content is being destroyed.
    case asked
    /// All that may go is gone; rules keep the rest.
    case waiting
    case finished
}

/// What an erasure has destroyed, or would, and what rules keep.
public struct ErasureReport: Sendable, Equatable {
    public struct Counts: Sendable, Equatable {
        public var files = 0
        public var folders = 0
        /// Bytes of current versions.
        public var bytes: Int64 = 0
        /// What the person wrote on documents of others.
        public var comments = 0
        public var links = 0
    }

    /// A document that stays, and the strictest rule that keeps it.
    public struct Kept: Sendable, Equatable {
        public let node: NodeID
        public let rule: Bond.Rule
        /// When the rule ends by itself; `nil` when people have to end it.
        public let until: Timestamp?
    }

    public let account: AccountID
    public let status: ErasureStatus
    public let askedBy: AccountID?
    public let askedAt: Timestamp?
    /// When the person's own data and key were destroyed.
    public let erasedAt: Timestamp?
    public let finishedAt: Timestamp?
    public let destroyed: Counts
    /// How many documents rules keep.
    public let keptCount: Int
    /// The first of them, in the order of their ids.
    public let kept: [Kept]

    /// Most documents named in one report.
    public static let mostKept = 1_000
}
