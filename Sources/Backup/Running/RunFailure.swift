import Archive
import BlobStore
import Crypto
import Database
import Vault

/// What became of work that did not succeed.
enum RunFailure {
    /// The program stops, or the lease is another node's: the work begins anew elsewhere.
    case interrupted(any Error)
    /// Somebody cancelled it.
    case cancelled
    /// It may succeed later.
    case transient(BackupProblem)
    /// It will not.
    case final(BackupProblem)

    init(_ error: any Error, _ progress: RunProgress) {
        if let failure = progress.failure {
            self = .interrupted(failure)
            return
        }
        if progress.isCancelled {
            switch error {
            case is RunProgress.Cancelled, is CancellationError, ArchiveError.cancelled:
                self = .cancelled
                return
            default: break
            }
        }
        switch error {
        case is RunProgress.Cancelled: self = .cancelled
        case is CancellationError, is LeaseLost: self = .interrupted(error)
        case let problem as RunProblem:
            self = problem.isTransient ? .transient(problem.problem) : .final(problem.problem)
        case let error as BlobStoreError: self = Self.of(error)
        case ArchiveError.full: self = Self.of(BlobStoreError.full)
        case ArchiveError.io(let code): self = Self.of(BlobStoreError.io(code))
        case ArchiveStoreError.missing(let name):
            self = .final(BackupProblem(.baseGone, "the archive's file \(name) is gone"))
        case let error as ArchiveRefusal: self = Self.of(error)
        case let error as DatabaseError: self = Self.of(error)
        case let error as VaultError: self = Self.of(error)
        case let error as any CustomStringConvertible & Error:
            self = .final(BackupProblem(.other, error.description))
        default: self = .final(BackupProblem(.other, String(reflecting: type(of: error))))
        }
    }

    private static func of(_ error: BlobStoreError) -> RunFailure {
        switch error {
        case .missing, .tampered: .final(BackupProblem(.contentDamaged, error.description))
        case .full: .final(BackupProblem(.storeFull, "no space is left where archives are made or kept"))
        case .io: .final(BackupProblem(.diskFailed, error.description))
        case .unavailable: .transient(BackupProblem(.storeUnavailable, error.description))
        case .refused: .final(BackupProblem(.storeRefuses, error.description))
        }
    }

    private static func of(_ error: ArchiveRefusal) -> RunFailure {
        switch error {
        case .newerFormat, .foreignVault, .wrongKeys, .missingVolume, .damagedVolume, .missingEntry, .alteredEntry,
            .alteredManifest, .anotherBackup, .brokenChain:
            .final(BackupProblem(.archiveDamaged, error.description))
        case .incomplete, .unfitBase: .final(BackupProblem(.baseGone, error.description))
        case .nothingToBackUp: .final(BackupProblem(.targetGone, error.description))
        case .missingContent: .final(BackupProblem(.contentDamaged, error.description))
        case .tooMuchDestroyed: .transient(BackupProblem(.other, error.description))
        }
    }

    private static func of(_ error: DatabaseError) -> RunFailure {
        switch error {
        case .unreachable, .busy, .overloaded, .conflict:
            .transient(BackupProblem(.databaseUnavailable, error.description))
        case .closed: .interrupted(error)
        case .full: .final(BackupProblem(.storeFull, error.description))
        case .io: .final(BackupProblem(.diskFailed, error.description))
        case .constraint, .corrupt, .cannotOpen, .schemaTooNew, .other:
            .final(BackupProblem(.other, error.description))
        }
    }

    private static func of(_ error: VaultError) -> RunFailure {
        switch error {
        case .notFound: .final(BackupProblem(.targetGone, "what was to be backed up is gone"))
        case .tampered(let node): .final(BackupProblem(.contentDamaged, "the stored content of \(node) does not open"))
        case .storageFull: .final(BackupProblem(.storeFull, "no space is left"))
        case .unavailable: .transient(BackupProblem(.databaseUnavailable, "a part of the vault does not answer"))
        default: .final(BackupProblem(.other, "\(error)"))
        }
    }
}

/// A problem that the runner itself found.
struct RunProblem: Error {
    let problem: BackupProblem
    var isTransient = false

    init(_ code: BackupProblem.Code, _ detail: String, isTransient: Bool = false) {
        problem = BackupProblem(code, detail)
        self.isTransient = isTransient
    }
}
