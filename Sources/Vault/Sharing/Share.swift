public import Database

/// Somebody who has access to a node.
public struct Share: Sendable {
    public let person: Person
    public let permission: Permission
    /// Who gave it; `nil` for the owner.
    public let grantedBy: Person?
    public let grantedAt: Timestamp
    public let source: Source

    /// Where the access comes from.
    public enum Source: Sendable {
        /// Given on the node itself.
        case direct
        /// Given on a folder above; `nil` when the caller may not see that folder.
        case inherited(from: Node?)
    }
}

/// Who has access to a node.
public struct ShareList: Sendable {
    public let owner: Person
    /// Those given on the node itself first, then those of the folders above, each oldest first.
    public let shares: ArraySlice<Share>
    public let total: Int
    /// What to ask the next page with; `nil` on the last one.
    public let next: String?
}

/// Something shared with the caller.
public struct SharedNode: Sendable {
    public let node: Node
    public let permission: Permission
    public let sharedBy: Person
    public let sharedAt: Timestamp
    let sortKey: [UInt8]
}

public enum SharedSort: String, Sendable, CaseIterable { case date, name, size }

public struct SharedPage: Sendable {
    public let entries: ArraySlice<SharedNode>
    public let total: Int
    /// What to ask the next page with; `nil` on the last one.
    public let next: String?
}
