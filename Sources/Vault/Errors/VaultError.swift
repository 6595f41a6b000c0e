public import Database

/// Everything the core may refuse or fail with. Mapped to HTTP once, in API.
public enum VaultError: Error, Equatable, Sendable {
    /// No such file, folder or account, as far as the caller may know.
    case notFound(Subject)
    /// It exists; the caller may not do this to it.
    case forbidden
    /// The caller's role does not include this.
    case roleForbids(Capability)
    /// A field that cannot be accepted as given.
    case invalid(field: String, InvalidReason)
    /// The place already holds a node of this name (compared case-folded, NFC).
    case nameTaken(isFolder: Bool)
    /// A folder cannot be moved into itself or below itself.
    case intoItself
    case destinationNotFound
    /// Held by somebody else: read-only for the caller.
    case locked
    /// The write would go past the storage limit. `remaining` is in bytes, never negative.
    case quotaExceeded(remaining: Int64)
    /// More files and folders than one request may take along.
    case tooManyItems(limit: Int)
    case emailTaken
    case wrongCredentials
    /// The present password, asked for once more, is another one.
    case wrongPassword
    /// The second factor is on: this needs a code from the authenticator, or a recovery code.
    case codeNeeded
    /// Not the code of this moment, or one that was used before.
    case wrongCode
    /// A code came without a set-up of the second factor before it, or too long after.
    case noSetUp
    /// A sign-in that was begun is over, answered or tried too often: it begins anew.
    case challengeOver
    /// Too many failures lately, by this account or from this address; the same words whether the account exists.
    /// In seconds, 1 or more.
    case rateLimited(retryAfter: Int64)
    case notSignedIn
    case accountDisabled
    case notInTrash
    /// `If-Match` named another version than the current one.
    case versionMismatch
    /// The idempotency key was used before for another request.
    case idempotencyMismatch
    /// Stored bytes do not open: altered, truncated or swapped.
    case tampered(NodeID)
    /// The client stopped sending in the middle of a body.
    case bodyCutOff
    /// One upload larger than this server takes. In bytes.
    case uploadTooLarge(limit: Int64)
    /// The disk is full. Nothing was changed.
    case storageFull
    /// A part the vault stands on does not answer now; trying again later is right.
    case unavailable
    case lastAdministrator
    /// Not one of the pictures that people may show themselves with, whatever its name says.
    case notAnAvatar
    case avatarTooLarge
    /// The program that makes pictures is not installed here.
    case noPictureProgram
    /// The node cannot be shared like that.
    case cannotShare(ShareRefusal)
    /// Too many live streams of notifications.
    case tooManyStreams(StreamLimit)
    /// Not the password of the link.
    case wrongLinkPassword
    /// More links on one file than are kept.
    case tooManyLinks(maximum: Int)
    /// More filters of the journal than one person keeps.
    case tooManyJournalFilters(maximum: Int)
    /// A rule keeps it: it can be neither trashed nor destroyed.
    case kept(KeptRefusal)
    /// The content of that version was let go by a policy; its row is left as proof.
    case versionExpired(number: Int)
    case retention(RetentionRefusal)
    case hold(HoldRefusal)
    case erasure(ErasureRefusal)
    /// The archive cannot be brought in. Nothing of it was.
    case cannotImport(ImportRefusal)
    /// There is no such past to look at.
    case past(PastRefusal)
    /// A folder cannot be brought back like that now.
    case restore(RestoreRefusal)

    /// What is to leave the machine cannot be dealt with like that.
    case cannotDeliver(DeliveryRefusal)
    /// The master keys cannot be changed like that now.
    case keys(KeyRefusal)
    case backup(BackupRefusal)

    public enum Subject: Sendable, Equatable {
        case file, folder, version, account, event, share, comment, notification, link, picture, retentionPolicy, hold,
            erasure, delivery, journalSchedule, journalFilter, backup, backupSchedule, space, restore, importing
    }

    public enum ImportRefusal: Sendable, Equatable {
        /// No ZIP archive, or without its end.
        case notAnArchive
        /// Cut off, contradicting itself, or put together to mislead.
        case damaged
        /// A part of an archive that lies in several files.
        case multiDisk
        case empty
        case tooManyEntries(limit: Int)
        /// Contents of more than so many bytes.
        case tooLarge(limit: Int64)
        case wrongPassword
        /// A password of an archive is not empty, has no NUL and at most 1,024 bytes.
        case badPassword
        /// So many of one person, or of the server, run already.
        case tooManyRunning(maximum: Int)
        case alreadyOver
    }

    public enum ShareRefusal: Sendable, Equatable { case withOneself, withOwner, root, alreadyShared, tooManyPeople }

    /// Which rule keeps something. Names are told only to who may know them.
    public enum KeptRefusal: Sendable, Equatable {
        case retention(name: String?, mode: RetentionMode, until: Timestamp)
        /// The folder, or one in it, bears a policy that is in force.
        case bearsPolicy(name: String?, mode: RetentionMode)
        case legalHold(name: String?)
    }

    public enum RetentionRefusal: Sendable, Equatable {
        /// A policy in compliance mode is never shortened, weakened or lifted.
        case compliance
        case lifted
        case tooMany(maximum: Int)
        /// No rule keeps the node: it goes the usual way.
        case nothingToBypass
        /// The policy lets no versions go.
        case noExpiry
    }

    public enum HoldRefusal: Sendable, Equatable {
        case released, releasePending, noReleasePending
        /// Who asked for the release cannot confirm it.
        case samePerson
        /// The hold does not lie on that node itself.
        case notListed
        case tooMany(maximum: Int)
    }

    public enum ErasureRefusal: Sendable, Equatable {
        /// The account is being erased: it cannot be opened again, nor asked for twice.
        case underWay
    }

    public enum PastRefusal: Sendable, Equatable {
        case inTheFuture
        /// The drive is younger than that.
        case beforeTheSpace(since: Timestamp)
    }

    public enum RestoreRefusal: Sendable, Equatable {
        /// One restore at a time in one drive.
        case underWay
        /// It has ended: there is nothing to cancel.
        case ended
        /// Only sealed archives are brought back into their vault; portable ones are imported.
        case notSealed
    }

    public enum DeliveryRefusal: Sendable, Equatable {
        /// It has arrived.
        case alreadyDelivered
        /// The server's settings do not have this target.
        case notConfigured(DeliveryTarget)
        /// As many schedules as are kept.
        case tooManySchedules(maximum: Int)
    }

    public enum KeyRefusal: Sendable, Equatable {
        /// One rotation at a time.
        case rotationUnderWay
        case noRotation
        case alreadyPaused
        case notPaused
        /// No generation of this number was ever made.
        case unknownGeneration(Int)
        /// It is the one that wraps, or will be.
        case generationInUse(Int)
        /// It was followed by another, but rows or a later step still need it.
        case generationNeeded(Int, keys: Int)
        case generationDestroyed(Int)
        /// So many living nodes do not have the active generation yet.
        case nodesBehind(Int)
        /// Sign-ins that were opened under it last until then.
        case signInsLast(until: Timestamp)
        /// This server cannot change its key ring.
        case ringNotChangeable
    }

    public enum StreamLimit: Sendable, Equatable { case ofPerson, ofServer }

    public enum InvalidReason: Sendable, Equatable {
        case missing, empty, tooLong(maximum: Int), tooShort(minimum: Int), forbiddenCharacter, malformed, notAFile,
            notAFolder, tooDeep, inThePast
        case unknownValue(allowed: [String])
    }
}
