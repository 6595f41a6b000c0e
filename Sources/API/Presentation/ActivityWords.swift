import Vault

/// How an act reads and looks in the three places that tell of it (requirements/1: the dashboard's feed, a file's side
/// panel, the table of the history page).
struct ActivityWords {
    /// Behind a name, before the target: "uploaded", "commented on".
    let verb: String
    /// In a file's panel, where the target is clear: "Uploaded a new version".
    let sentence: String
    /// A Material Symbol.
    let icon: String
    private let hue: String

    /// Class of the icon: `text-blue-500`.
    var color: String { "text-\(hue)-500" }
    /// Class behind it: `bg-blue-500/10`.
    var background: String { "bg-\(hue)-500/10" }

    private init(_ verb: String, _ sentence: String, _ icon: String, _ hue: String) {
        self.verb = verb
        self.sentence = sentence
        self.icon = icon
        self.hue = hue
    }

    static func of(_ action: ActivityAction, isFolder: Bool = false) -> ActivityWords {
        let thing = isFolder ? "folder" : "file"
        return switch action {
        case .fileCreated: ActivityWords("created", "Created \(thing)", "note_add", "green")
        case .fileUploaded: ActivityWords("uploaded", "Uploaded \(thing)", "upload_file", "green")
        case .fileEdited: ActivityWords("edited", "Uploaded a new version", "edit_document", "blue")
        case .fileViewed: ActivityWords("viewed", "Viewed \(thing)", "visibility", "slate")
        case .fileDownloaded: ActivityWords("downloaded", "Downloaded \(thing)", "download", "teal")
        case .fileRenamed:
            ActivityWords("renamed", "Renamed \(thing)", "drive_file_rename_outline", "amber")
        case .fileMoved: ActivityWords("moved", "Moved \(thing)", "drive_file_move", "cyan")
        case .fileCopied: ActivityWords("made a copy of", "Made a copy", "content_copy", "indigo")
        case .fileLocked: ActivityWords("locked", "Locked \(thing)", "lock", "orange")
        case .fileUnlocked: ActivityWords("unlocked", "Unlocked \(thing)", "lock_open", "orange")
        case .fileStarred: ActivityWords("starred", "Starred \(thing)", "star", "yellow")
        case .fileUnstarred:
            ActivityWords("removed the star from", "Removed the star", "star_border", "yellow")
        case .fileTrashed: ActivityWords("moved to trash", "Moved \(thing) to trash", "delete", "red")
        case .fileRestored:
            ActivityWords("restored from trash", "Restored \(thing) from trash", "restore_from_trash", "emerald")
        case .fileDeleted: ActivityWords("deleted forever", "Deleted \(thing) forever", "delete_forever", "red")
        case .fileShared: ActivityWords("shared", "Shared \(thing)", "share", "purple")
        case .fileUnshared: ActivityWords("removed sharing on", "Removed sharing", "person_remove", "rose")
        case .commentAdded: ActivityWords("commented on", "Commented on \(thing)", "comment", "pink")
        case .folderCreated: ActivityWords("created folder", "Created folder", "create_new_folder", "yellow")
        case .avatarChanged: ActivityWords("changed", "Changed the photo", "account_circle", "violet")
        case .passwordChanged: ActivityWords("changed", "Changed the password", "key", "violet")
        case .settingsUpdated: ActivityWords("updated", "Updated settings", "settings", "slate")
        }
    }

    /// "You edited", "Sarah M. edited".
    static func phrase(_ event: ActivityEvent) -> String {
        "\(subject(event.actor)) \(of(event.action).verb)"
    }

    private static func subject(_ actor: ActivityActor) -> String {
        switch actor {
        case .caller: "You"
        case .other(let person): person.shortName
        case .unknown: "Someone"
        case .vault: "CloudSpace"
        }
    }

    /// What it was done to: the name it had, or words for what has none to show.
    static func target(_ event: ActivityEvent) -> String {
        switch event.target {
        case .node(_, let name, _): name
        case .deleted(let isFolder): isFolder ? "Deleted folder" : "Deleted file"
        case .unavailable(let isFolder): isFolder ? "Unavailable folder" : "Unavailable file"
        case .account:
            switch event.action {
            case .avatarChanged: "Profile photo"
            case .passwordChanged: "Password"
            default: "Settings"
            }
        }
    }
}

extension ActivityTarget {
    /// What can be opened by a click.
    var nodeID: NodeID? {
        guard case .node(let id, _, _) = self else { return nil }
        return id
    }

    var isFolder: Bool {
        switch self {
        case .node(_, _, let isFolder), .deleted(let isFolder), .unavailable(let isFolder): isFolder
        case .account: false
        }
    }
}

extension ActivityAction {
    /// As a recent file's line begins: "Edited 10:42 AM".
    var pastTense: String {
        switch self {
        case .fileViewed: "Opened"
        case .fileUploaded: "Uploaded"
        case .fileCreated: "Created"
        default: "Edited"
        }
    }
}
