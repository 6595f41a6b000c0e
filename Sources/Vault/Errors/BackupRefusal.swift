extension VaultError {
    /// Why a backup is not made, changed or given out like that.
    public enum BackupRefusal: Sendable, Equatable {
        /// The target is something else than the request says; both are words of the security document.
        case wrongKind(asked: String, found: String)
        /// A portable archive needs a password of its own.
        case passwordNeeded(minimum: Int)
        case passwordTooShort(minimum: Int)
        /// A sealed archive has none.
        case passwordNotUsed
        /// What leaves the vault readable, and is not the caller's own, leaves with a reason.
        case reasonNeeded
        /// Portable archives stand by themselves.
        case portableIsFull
        /// There is no complete sealed backup of that target to go on from.
        case noBase
        /// The base that was named is of another target, portable, or did not end well.
        case baseUnfit
        case tooManyWaiting(maximum: Int)
        /// Bytes that are needed at least, and those that are free where archives are kept.
        case storeFull(needed: Int64, free: Int64)
        /// Increments stand on it.
        case hasIncrements([BackupID])
        /// It is being made, checked or deleted, or another is being made on it.
        case busy
        /// It has ended: there is nothing to cancel.
        case ended
        /// There is no archive: it waits, failed or was cancelled.
        case notCompleted
        /// Only sealed archives can be drilled: the password of a portable one is not kept.
        case sealedOnly
        /// The archive has so many volumes, and none or another one was named.
        case volumeNeeded(count: Int)
        /// Its files are no longer where they were kept.
        case archiveGone
        case tooManySchedules(maximum: Int)
        /// This server keeps no archives.
        case notConfigured
    }
}
