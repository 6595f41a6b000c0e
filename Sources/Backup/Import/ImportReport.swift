public import Archive
public import Database
public import Vault

public enum ImportState: String, Sendable, CaseIterable {
    case running, completed, cancelled
    /// It could not go on; what it had stored stays.
    case failed
    /// The server ended in the middle; what it had stored stays.
    case interrupted
}

/// What became of the entries so far.
public struct ImportCounts: Sendable, Equatable {
    /// Entries of the archive, and how many of them were dealt with.
    public var entries = 0
    public var done = 0
    /// Bytes of the contents, as announced, and stored so far.
    public var bytes: Int64 = 0
    public var bytesDone: Int64 = 0
    /// New files, those under another name among them.
    public var created = 0
    /// New versions of files that were there.
    public var versioned = 0
    public var renamed = 0
    public var folders = 0
    public var refused = 0

    public init() {}
}

/// What became of one entry.
public struct ImportLine: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
        case folder
        case created(NodeID)
        case versioned(NodeID)
        /// Under another name.
        case renamed(NodeID, String)
        case refused(ImportRefusal)
    }

    /// As the archive names it; its first 1,024 bytes.
    public let path: String
    public let outcome: Outcome

    public init(path: String, outcome: Outcome) {
        self.path = path
        self.outcome = outcome
    }
}

/// Why one entry was left out.
public enum ImportRefusal: Sendable, Equatable, RawRepresentable {
    /// The archive is to blame.
    case entry(EntryRefusal)
    /// The place is.
    case place(PlaceRefusal)

    public enum PlaceRefusal: String, Sendable, CaseIterable {
        case nameTaken = "name_taken"
        case locked = "file_locked"
        case quota = "storage_limit_exceeded"
        case denied = "access_denied"
        case tooLarge = "upload_too_large"
        case name = "invalid_name"
        case kept = "kept"
        case gone = "folder_not_found"
        case other = "refused"
    }

    public init?(rawValue: String) {
        if let entry = EntryRefusal(rawValue: rawValue) {
            self = .entry(entry)
        } else if let place = PlaceRefusal(rawValue: rawValue) {
            self = .place(place)
        } else {
            return nil
        }
    }

    /// The stable code.
    public var rawValue: String {
        switch self {
        case .entry(let refusal): refusal.rawValue
        case .place(let refusal): refusal.rawValue
        }
    }

    /// What the vault said to one file; nil for what concerns all that follow, too.
    init?(_ error: VaultError) {
        switch error {
        case .nameTaken: self = .place(.nameTaken)
        case .locked: self = .place(.locked)
        case .quotaExceeded: self = .place(.quota)
        case .forbidden: self = .place(.denied)
        case .uploadTooLarge: self = .place(.tooLarge)
        case .invalid: self = .place(.name)
        case .kept, .retention, .hold: self = .place(.kept)
        case .notFound: self = .place(.gone)
        case .notSignedIn, .roleForbids, .accountDisabled, .storageFull, .unavailable: return nil
        default: self = .place(.other)
        }
    }
}

/// An import as its person sees it.
public struct ImportReport: Sendable {
    public let id: ImportID
    public let folder: NodeID
    public let state: ImportState
    public let counts: ImportCounts
    /// Why it failed: a stable code.
    public let failure: String?
    public let createdAt: Timestamp
    public let finishedAt: Timestamp?
}

/// A part of what became of an import's entries, in the archive's order.
public struct ImportLines: Sendable {
    public let lines: [ImportLine]
    /// What to ask for next; nil at the end.
    public let next: Int?
}
