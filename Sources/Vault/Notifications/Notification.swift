public import Database

public enum NotificationEntity {}
public typealias NotificationID = ID<NotificationEntity>

/// What a notification tells of beside its file: a comment, or a burst of rewriting.
package enum NotificationSubjectEntity {}

/// What somebody is told of (requirements/1, Notification). The raw values are those of the table.
public enum NotificationKind: String, Sendable, CaseIterable {
    case share, comment, mention
    /// The storage of the person themselves is used up to 90 %.
    case storageNearlyFull = "storage_nearly_full"
    /// To administrators: something that was to leave the machine was given up.
    case deliveryFailed = "delivery_failed"
    /// To administrators: the journal is not as a checkpoint kept elsewhere remembers it.
    case journalContradicted = "journal_contradicted"
    /// To the owner of the space and to administrators: far more files than usual were changed in a minute.
    case rewriteBurst = "rewrite_burst"
    /// To administrators: a backup that was to be made without being asked was not.
    case backupFailed = "backup_failed"
    /// To administrators: a backup did not stand the proof.
    case backupUnproven = "backup_unproven"
    /// To the owner: an administrator had contents put into a portable archive, readable outside the vault.
    case contentExported = "content_exported"
}

/// A notification put together for showing: rows hold ids, so a renamed file and a renamed person are told of by their
/// present names, and what was destroyed is told of no more.
public struct Notification: Sendable {
    public let id: NotificationID
    public let kind: NotificationKind
    /// Who did it; `nil` for what the vault itself has to say. Without a name when the account was erased.
    public let actor: Person?
    /// The file or folder it is about.
    public let node: Node?
    /// The beginning of the comment it is about.
    public let excerpt: String?
    /// For `storageNearlyFull`: what is used now.
    public let usage: Usage?
    /// For `rewriteBurst`: what was changed, and the moment before.
    public let burst: RewriteBurst?
    public let createdAt: Timestamp
    public let isRead: Bool
    /// Its place among those of one person, growing in the order of their commits.
    package let sequence: Int64
}

public struct NotificationPage: Sendable {
    /// Newest first.
    public let entries: [Notification]
    /// Unread ones in all that the person may see.
    public let unread: Int
    /// What to ask the next page with; `nil` on the last one.
    public let next: String?
}
