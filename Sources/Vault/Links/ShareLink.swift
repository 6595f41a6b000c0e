public import Database

public enum ShareLinkEntity {}
public typealias ShareLinkID = ID<ShareLinkEntity>

/// A link that opens one file or folder for whoever has it, as its owner sees it.
public struct ShareLink: Sendable {
    public let id: ShareLinkID
    public let node: NodeID
    /// The secret part of the address.
    public let token: LinkToken
    public let hasPassword: Bool
    public let createdBy: Person
    public let createdAt: Timestamp
    public let expiresAt: Timestamp?
    /// Downloads after which it ends; `nil` for no limit.
    public let maximumDownloads: Int64?
    public let downloads: Int64
    public let lastUsedAt: Timestamp?
    public let state: State

    public enum State: String, Sendable, CaseIterable {
        case active, expired
        case usedUp = "used_up"
    }
}

public struct ShareLinkPage: Sendable {
    /// Newest first; revoked ones are not among them.
    public let links: [ShareLink]
    /// What to ask the next page with; `nil` on the last one.
    public let next: String?
}

/// What a new link allows.
public struct LinkTerms: Sendable {
    public var password: NewPassword?
    public var expiresAt: Timestamp?
    public var maximumDownloads: Int64?

    public static let largestMaximum: Int64 = 1_000_000

    public init(password: NewPassword? = nil, expiresAt: Timestamp? = nil, maximumDownloads: Int64? = nil) {
        self.password = password
        self.expiresAt = expiresAt
        self.maximumDownloads = maximumDownloads
    }
}

/// What to change of a link.
public struct LinkChange: Sendable {
    /// One field: left as it is, taken away, or set.
    public enum Field<Value: Sendable>: Sendable {
        case keep, remove
        case set(Value)

        func applied(to old: Value?) -> Value? {
            switch self {
            case .keep: old
            case .remove: nil
            case .set(let new): new
            }
        }
    }

    public var password: Field<NewPassword> = .keep
    public var expiresAt: Field<Timestamp> = .keep
    public var maximumDownloads: Field<Int64> = .keep

    public init() {}
}
