/// What bringing a node back as it was takes.
public struct RewindActs: OptionSet, Sendable, Hashable {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// A new version with the content of an old one.
    public static let version = RewindActs(rawValue: 1)
    /// Out of the trash.
    public static let undelete = RewindActs(rawValue: 2)
    public static let move = RewindActs(rawValue: 4)
    public static let rename = RewindActs(rawValue: 8)
    /// Into the trash: it was not there.
    public static let trash = RewindActs(rawValue: 16)

    /// Each with its word, in the order of their values.
    public static let words: [(act: RewindActs, word: String)] = [
        (.version, "version"), (.undelete, "undelete"), (.move, "move"), (.rename, "rename"), (.trash, "trash"),
    ]
}

/// Why a node is not, or not quite, as it was. The raw values are stored and told.
public enum RewindReason: String, Sendable, CaseIterable {
    /// Its key was destroyed: nobody brings it back.
    case shredded
    /// The content of that version was let go by a policy.
    case versionExpired = "version_expired"
    /// There is no such version, or it does not open.
    case damaged
    /// Somebody else holds it, or a folder above it.
    case locked
    /// It lies, or would lie, where the caller has no say.
    case forbidden
    case retentionActive = "retention_active"
    case legalHoldActive = "legal_hold_active"
    case quotaExceeded = "quota_exceeded"
    /// A folder above it could not be moved, and now lies below it.
    case intoItself = "into_itself"
    case tooDeep = "too_deep"
    case nameTaken = "name_taken"
    /// The vault does not know it any more.
    case unknown
    /// Brought back, but its folder is gone for ever: it lies where the restore began.
    case placeGone = "place_gone"
    /// Newer, and left where it is, because what is older lies in it.
    case notEmpty = "not_empty"
    /// Its content was copied back out of the archive.
    case contentMended = "content_mended"

    /// Whether nothing was done.
    public var isRefusal: Bool {
        switch self {
        case .placeGone, .notEmpty, .contentMended: false
        default: true
        }
    }
}
