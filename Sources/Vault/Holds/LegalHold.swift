public import Database

public enum HoldEntity {}
public typealias HoldID = ID<HoldEntity>

public enum HoldReleaseEntity {}
public typealias HoldReleaseID = ID<HoldReleaseEntity>

/// A case for which documents must stay as they are, until two people agree that it is over.
public struct LegalHold: Sendable, Equatable {
    public let id: HoldID
    public let name: String
    public let reason: String?
    public let openedBy: AccountID
    public let openedAt: Timestamp
    public let updatedAt: Timestamp
    /// When it ended; `nil` while it binds.
    public let releasedAt: Timestamp?
    /// How many nodes it lies on now.
    public let nodes: Int
    /// The request for release that waits for a second person.
    public let pending: HoldRelease?
}

/// Somebody asks to end a hold, or to take some nodes out of it. Another person confirms or refuses.
public struct HoldRelease: Sendable, Equatable {
    public let id: HoldReleaseID
    public let reason: String
    public let askedBy: AccountID
    public let askedAt: Timestamp
    /// The nodes to let go; `nil` for all, and the end of the hold.
    public let nodes: [NodeID]?
}

/// A node that a hold lies on.
public struct HeldNode: Sendable, Equatable {
    public let id: NodeID
    public let kind: NodeKind
    public let state: NodeState
    public let name: String
    public let space: SpaceID
    public let addedBy: AccountID
    public let addedAt: Timestamp
    /// It was taken out of a held folder and carries the hold along.
    public let isCarried: Bool
}
