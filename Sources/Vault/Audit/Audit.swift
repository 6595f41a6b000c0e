package import Crypto
package import Database
public import Journal

/// Names of the acts the journal knows. The first group is spelled by requirements/1 (ActivityLog).
public enum AuditAction: String, Sendable, CaseIterable {
    case fileCreated = "file_created"
    case fileUploaded = "file_uploaded"
    case fileEdited = "file_edited"
    case fileViewed = "file_viewed"
    case fileDownloaded = "file_downloaded"
    case fileRenamed = "file_renamed"
    case fileMoved = "file_moved"
    case fileLocked = "file_locked"
    case fileUnlocked = "file_unlocked"
    case fileStarred = "file_starred"
    case fileUnstarred = "file_unstarred"
    case fileTrashed = "file_trashed"
    case fileRestored = "file_restored"
    case fileDeleted = "file_deleted"
    case folderCreated = "folder_created"
    case settingsUpdated = "settings_updated"
    case fileCopied = "file_copied"
    case fileShared = "file_shared"
    case fileUnshared = "file_unshared"
    case commentAdded = "comment_added"
    case avatarChanged = "avatar_changed"
    case passwordChanged = "password_changed"

    case shareChanged = "share_changed"
    case commentEdited = "comment_edited"
    case commentDeleted = "comment_deleted"
    case linkCreated = "link_created"
    case linkChanged = "link_changed"
    case linkRevoked = "link_revoked"
    case linkUsed = "link_used"
    case linkRefused = "link_refused"
    case notificationsRead = "notifications_read"
    case notificationsExpired = "notifications_expired"
    case twoFactorPrepared = "two_factor_prepared"
    case twoFactorEnabled = "two_factor_enabled"
    case twoFactorDisabled = "two_factor_disabled"
    case recoveryCodeUsed = "recovery_code_used"
    case presenceExpired = "presence_expired"
    case tokensExpired = "tokens_expired"
    case uploadsExpired = "uploads_expired"

    case versionRestored = "version_restored"
    case trashEmptied = "trash_emptied"
    case accountRegistered = "account_registered"
    case accountCreated = "account_created"
    case roleChanged = "role_changed"
    case loginSucceeded = "login_succeeded"
    case loginFailed = "login_failed"
    case loginChallenged = "login_challenged"
    case loggedOut = "logged_out"
    case signInLimited = "sign_in_limited"
    case journalRead = "journal_read"
    case journalExported = "journal_exported"
    case checkpointMade = "checkpoint_made"
    case integrityFailed = "integrity_failed"
    case accessRefused = "access_refused"
    case orphansCollected = "orphans_collected"
    case leaseTakenOver = "lease_taken_over"

    // Custody of the keys.
    case vaultSealed = "vault_sealed"
    case vaultUnsealed = "vault_unsealed"
    case unsealRefused = "unseal_refused"
    case keyProviderChanged = "key_provider_changed"
    case rotationStarted = "rotation_started"
    case rotationPaused = "rotation_paused"
    case rotationResumed = "rotation_resumed"
    case rotationFailed = "rotation_failed"
    case rotationCompleted = "rotation_completed"
    case generationDestroyed = "generation_destroyed"
    case encryptionRead = "encryption_read"

    // The journal's own life.
    case journalFilterSaved = "journal_filter_saved"
    case journalFilterDeleted = "journal_filter_deleted"
    case journalScheduleSaved = "journal_schedule_saved"
    case journalScheduleDeleted = "journal_schedule_deleted"
    case journalDelivered = "journal_delivered"
    case checkpointDelivered = "checkpoint_delivered"
    case deliveryFailed = "delivery_failed"
    case deliveryRetried = "delivery_retried"
    /// The journal is not as a checkpoint kept elsewhere remembers it.
    case witnessContradicted = "witness_contradicted"
    case receiptIssued = "receipt_issued"
    case usersRead = "users_read"

    // Retention, holds, erasure.
    case retentionSet = "retention_set"
    case retentionChanged = "retention_changed"
    case retentionLifted = "retention_lifted"
    case retentionBypassed = "retention_bypassed"
    case versionExpired = "version_expired"
    case holdOpened = "hold_opened"
    case holdExtended = "hold_extended"
    case holdReleaseAsked = "hold_release_asked"
    case holdReleased = "hold_released"
    case holdReleaseRefused = "hold_release_refused"
    case erasureAsked = "erasure_asked"
    case erasureRefused = "erasure_refused"
    case accountErased = "account_erased"

    // Backups, restores, time.
    case backupAsked = "backup_asked"
    case backupCompleted = "backup_completed"
    case backupFailed = "backup_failed"
    case backupCancelled = "backup_cancelled"
    case backupDeleted = "backup_deleted"
    case backupDownloaded = "backup_downloaded"
    case backupVerified = "backup_verified"
    case backupDrilled = "backup_drilled"
    case backupScheduleSaved = "backup_schedule_saved"
    case backupScheduleDeleted = "backup_schedule_deleted"
    case recoveryKeyChanged = "recovery_key_changed"
    case keyBundleMade = "key_bundle_made"
    /// A backup is being brought back into the vault it was made of.
    case restoreAsked = "restore_asked"
    case restoreCompleted = "restore_completed"
    case restoreFailed = "restore_failed"
    /// A whole vault was made from a backup and a key bundle.
    case vaultRestored = "vault_restored"
    case archiveImported = "archive_imported"
    /// A folder or a space was brought back as it was at a moment.
    case folderRewound = "folder_rewound"
    case pastViewed = "past_viewed"
    case versionsCompared = "versions_compared"
    case rewriteBurstNoticed = "rewrite_burst_noticed"
}

/// What an event speaks of.
public enum AuditTarget: Sendable, Equatable {
    case node(NodeID, kind: NodeKind, space: SpaceID)
    case account(AccountID)
    case retention(RetentionPolicyID)
    case hold(HoldID)
    case journal
    case delivery(DeliveryID)
    case journalSchedule(JournalScheduleID)
    case backup(BackupID)
    case backupSchedule(BackupScheduleID)
    case system

    var kindText: String? {
        switch self {
        case .node(_, let kind, _): kind.documentName
        case .account: "utilisateur"
        case .retention: "conservation"
        case .hold: "gel"
        case .journal: "journal"
        case .delivery: "livraison"
        case .journalSchedule: "export_programme"
        case .backup: "sauvegarde"
        case .backupSchedule: "sauvegarde_programmee"
        case .system: "systeme"
        }
    }

    var id: UInt128? {
        switch self {
        case .node(let id, _, _): id.value
        case .account(let id): id.value
        case .retention(let id): id.value
        case .hold(let id): id.value
        case .delivery(let id): id.value
        case .journalSchedule(let id): id.value
        case .backup(let id): id.value
        case .backupSchedule(let id): id.value
        case .journal, .system: nil
        }
    }

    var space: UInt128? {
        guard case .node(_, _, let space) = self else { return nil }
        return space.value
    }
}

/// The sealed part of an event: the target's name as it was, and details, under the target's own key, so that
/// shredding the target takes its name out of the journal while the leaf stays provable.
public struct AuditDetails: Equatable, Sendable {
    public var name: String?
    /// A small JSON object with the fields that requirements/1 gives for the action.
    public var json: String?

    public init(name: String? = nil, json: String? = nil) {
        self.name = name
        self.json = json
    }

    func sealed(under key: SealingKey, target: UInt128) -> [UInt8] {
        var fields = SealedFields()
        fields.set(1, name)
        fields.set(2, json)
        return key.seal(fields.encoded, context: Self.context(target))
    }

    static func opened(_ sealed: [UInt8], under key: SealingKey, target: UInt128) throws -> AuditDetails {
        var details = AuditDetails()
        SealedFields.read(try key.open(sealed, context: context(target))) { number, bytes in
            switch number {
            case 1: details.name = String(field: bytes)
            case 2: details.json = String(field: bytes)
            default: break
            }
        }
        return details
    }

    private static func context(_ target: UInt128) -> SealContext { SealContext("cloudspace journal details", target) }
}

extension Audit {
    /// Whether an event's sealed details tell of a deed that a restore did, and of a rename that changed the extension.
    package func rewriteMarks(
        _ sealed: [UInt8], of node: NodeID, under key: SealingKey
    ) -> (isRestore: Bool, changesExtension: Bool)? {
        guard let details = try? AuditDetails.opened(sealed, under: key, target: node.value) else { return nil }
        let json = details.json ?? ""
        let old = json.firstRange(of: "\"old_name\":\"").map { JSONText.quotedText(in: json[$0.upperBound...]) } ?? ""
        let new = JSONText.quoted(details.name ?? "").dropFirst().dropLast()
        return (json.contains("\"restore_id\":"), Self.suffix(old) != Self.suffix(new))
    }

    private static func suffix(_ name: some StringProtocol) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last.map { $0.lowercased() } ?? ""
    }
}

/// Writes the journal's events from inside the transaction of the act itself.
public struct Audit: Sendable {
    let journal: Journal

    public init(journal: Journal) { self.journal = journal }

    /// - Parameters:
    ///   - key: the target's own key; `details` are dropped without one.
    ///   - plain: small JSON without personal data, in clear.
    package func record(
        _ action: AuditAction, on target: AuditTarget, by principal: Principal, outcome: Outcome = .success,
        details: AuditDetails? = nil, key: SealingKey? = nil, plain: [UInt8]? = nil,
        in transaction: borrowing Transaction
    ) throws {
        let actor: ActorKind = principal.isLocalOperator ? .system : principal.link == nil ? .user : .anonymous
        try record(
            action, on: target, actor: actor, actorID: actor == .user ? principal.account.value : nil,
            origin: principal.origin, outcome: outcome, details: details, key: key, plain: plain, in: transaction)
    }

    /// The same with details that are about no document: sealed under the key of who acts.
    package func recordReason(
        _ action: AuditAction, on account: AccountID, by principal: Principal, json: String, keyring: Keyring,
        in transaction: borrowing Transaction
    ) throws {
        try record(
            action, on: .account(account), by: principal, details: AuditDetails(json: json),
            key: try keyring.accountKey(account, in: transaction), in: transaction)
    }

    func record(
        _ action: AuditAction, on target: AuditTarget, actor: ActorKind, actorID: UInt128?, origin: RequestOrigin,
        outcome: Outcome = .success, details: AuditDetails? = nil, key: SealingKey? = nil, plain: [UInt8]? = nil,
        in transaction: borrowing Transaction
    ) throws {
        var sealed: [UInt8]?
        // What is said about the journal itself is sealed for who said it.
        if let details, let key, let id = target.id ?? actorID { sealed = details.sealed(under: key, target: id) }
        _ = try journal.append(
            JournalEvent(
                actorKind: actor, actorID: actorID, action: action.rawValue, targetKind: target.kindText,
                targetID: target.id,
                spaceID: target.space, address: origin.address, requestID: origin.requestID, outcome: outcome,
                sealedDetails: sealed, details: plain),
            in: transaction)
    }
}
