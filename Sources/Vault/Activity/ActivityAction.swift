/// An act that people are told of: the list of requirements/1, ActivityLog. What else the journal holds is for auditors.
public enum ActivityAction: String, Sendable, CaseIterable {
    case fileCreated = "file_created"
    case fileUploaded = "file_uploaded"
    case fileEdited = "file_edited"
    case fileViewed = "file_viewed"
    case fileDownloaded = "file_downloaded"
    case fileRenamed = "file_renamed"
    case fileMoved = "file_moved"
    case fileCopied = "file_copied"
    case fileLocked = "file_locked"
    case fileUnlocked = "file_unlocked"
    case fileStarred = "file_starred"
    case fileUnstarred = "file_unstarred"
    case fileTrashed = "file_trashed"
    case fileRestored = "file_restored"
    case fileDeleted = "file_deleted"
    case fileShared = "file_shared"
    case fileUnshared = "file_unshared"
    case commentAdded = "comment_added"
    case folderCreated = "folder_created"
    case avatarChanged = "avatar_changed"
    case passwordChanged = "password_changed"
    case settingsUpdated = "settings_updated"

    /// - Returns: `nil` for what the journal calls an act and the document does not list.
    init?(journalled name: String) {
        // An earlier version brought back is a new version: people see an edit.
        if name == AuditAction.versionRestored.rawValue {
            self = .fileEdited
        } else {
            self.init(rawValue: name)
        }
    }

    /// Its names in the journal.
    var journalled: [String] {
        self == .fileEdited ? [rawValue, AuditAction.versionRestored.rawValue] : [rawValue]
    }

    /// Reading is nobody's business but the reader's and the owner's.
    var isReading: Bool { self == .fileViewed || self == .fileDownloaded }
    /// Stars belong to a person.
    var isStarring: Bool { self == .fileStarred || self == .fileUnstarred }
}

/// Which acts are looked for (requirements/1, `GET /api/activity/history`).
public enum ActivityFilter: String, Sendable, CaseIterable {
    case all
    /// What came into being.
    case uploads
    /// Content, name and place.
    case edits
    case shares
    /// Trash and its end, and what came back from it.
    case deletes
    case comments

    public var actions: [ActivityAction] {
        switch self {
        case .all: ActivityAction.allCases
        case .uploads: [.fileUploaded, .fileCreated, .folderCreated, .fileCopied]
        case .edits: [.fileEdited, .fileRenamed, .fileMoved]
        case .shares: [.fileShared, .fileUnshared]
        case .deletes: [.fileTrashed, .fileDeleted, .fileRestored]
        case .comments: [.commentAdded]
        }
    }
}
