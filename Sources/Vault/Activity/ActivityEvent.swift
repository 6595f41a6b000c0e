public import Database

public enum ActivityEntity {}
/// Names an event to people: the same at every look, and telling nothing of how many events there are.
public typealias ActivityID = ID<ActivityEntity>

/// Something that happened, as one person may know it.
public struct ActivityEvent: Sendable {
    public let id: ActivityID
    public let time: Timestamp
    public let action: ActivityAction
    public let actor: ActivityActor
    public let target: ActivityTarget
    /// What was commented, where it is still there.
    public let quote: String?
}

/// Who did it.
public enum ActivityActor: Sendable {
    case caller(Person)
    case other(Person)
    /// Somebody who came by a link.
    case unknown
    /// Nobody asked for it: a job.
    case vault
}

/// What it was done to.
public enum ActivityTarget: Sendable, Equatable {
    /// With the name it had then.
    case node(NodeID, name: String, isFolder: Bool)
    /// Shredded since, its name with it.
    case deleted(isFolder: Bool)
    /// The caller's own act on what they may no longer see.
    case unavailable(isFolder: Bool)
    /// The caller's own account.
    case account
}

/// Some events, newest first.
public struct ActivityPage: Sendable {
    public let events: [ActivityEvent]
    /// Whether older ones may follow.
    public let hasMore: Bool
    /// Where the next page begins; `nil` on the last one. Pages asked for like this have neither holes nor doubles,
    /// whatever happens meanwhile.
    public let next: String?
}
