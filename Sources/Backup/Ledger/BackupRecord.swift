public import Database
public import Vault

/// What a backup is of, as the security document spells it.
public enum BackupKind: String, Sendable, CaseIterable {
    case file = "fichier"
    case folder = "dossier"
    case locker = "casier"
    case cabinet = "armoire"
    case space = "espace"
    case system = "systeme"

    init(_ kind: NodeKind) {
        self =
            switch kind {
            case .file: .file
            case .folder: .folder
            case .locker: .locker
            case .cabinet: .cabinet
            }
    }

    var nodeKind: NodeKind? { NodeKind(documentName: rawValue) }
}

/// Where a backup is in its life. The raw values are those of the table.
public enum BackupState: String, Sendable, CaseIterable {
    case waiting, running, completed, failed, cancelled
    /// Its files go; the row goes after them.
    case deleting

    /// The word of the document.
    public var documentName: String {
        switch self {
        case .waiting: "en_attente"
        case .running: "en_cours"
        case .completed: "terminee"
        case .failed: "echouee"
        case .cancelled: "annulee"
        case .deleting: "suppression"
        }
    }

    public var isFinished: Bool { self != .waiting && self != .running }
}

/// Who had a backup made.
public enum BackupTrigger: Sendable, Equatable {
    /// Nil for whoever sits at the machine itself.
    case person(AccountID?)
    case schedule(BackupScheduleID)
}

/// How far work is, as it was last written down.
public struct WorkCount: Sendable, Equatable {
    public var entries: Int64 = 0
    public var totalEntries: Int64 = 0
    public var bytes: Int64 = 0
    public var totalBytes: Int64 = 0

    public init() {}

    /// 0 to 99; only what is finished is whole.
    public var percent: Int {
        let (done, total) = totalBytes > 0 ? (bytes, totalBytes) : (entries, totalEntries)
        guard total > 0 else { return 0 }
        return Int(min(99, max(0, Double(done) / Double(total) * 100)))
    }
}

/// What is wrong, for a program and for a person.
public struct BackupProblem: Sendable, Equatable {
    public enum Code: String, Sendable, CaseIterable {
        /// The machine or the program stopped in the middle, time after time.
        case interrupted
        case storeFull = "store_full"
        case storeUnavailable = "store_unavailable"
        case storeRefuses = "store_refuses"
        case diskFailed = "disk_failed"
        /// Bytes of the vault are missing or not what was stored.
        case contentDamaged = "content_damaged"
        case databaseUnavailable = "database_unavailable"
        /// What was to be backed up is gone.
        case targetGone = "target_gone"
        /// The backup that this one stands on is gone.
        case baseGone = "base_gone"
        /// The archive is not what was made: see the findings.
        case archiveDamaged = "archive_damaged"
        case other
    }

    public let code: Code
    /// Words for the operator; no names of files.
    public let detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = String(detail.prefix(500))
    }
}

/// How a backup stood its last verification, or its last drill.
public struct BackupProof: Sendable, Equatable {
    public let at: Timestamp
    public let passed: Bool
}

/// A row of `backups`.
public struct BackupRecord: Sendable {
    public let id: BackupID
    public let kind: BackupKind
    /// The file or folder; for a space the folder at its top, which bears the same id.
    public let target: NodeID?
    public let form: BackupForm
    public let base: BackupID?
    /// Backups of this target so far, this one included.
    public let number: Int64
    public let state: BackupState
    public let trigger: BackupTrigger
    public let requestedAt: Timestamp
    public let startedAt: Timestamp?
    public let finishedAt: Timestamp?
    public let attempts: Int
    public let isCancelAsked: Bool
    public let progress: WorkCount
    /// Of a file: its current version when it was asked.
    public let headNumber: Int64?
    public let headSize: Int64?
    /// What the archive came to, its volumes apart; nil before it is complete.
    public let content: ArchiveContent?
    /// Where it lies, in an operator's words.
    public let place: String?
    public let problem: BackupProblem?
    public let verification: BackupProof?
    public let drill: BackupProof?
    /// When a drill last restored a sample of it well.
    public let provenAt: Timestamp?
    let term: Int64?

    public var scope: BackupScope? {
        switch kind {
        case .system: .system
        case .space: target.map { .space(SpaceID($0.value)) }
        case .file: target.map { .file($0) }
        case .folder: target.map { .folder($0, .folder) }
        case .locker: target.map { .folder($0, .locker) }
        case .cabinet: target.map { .folder($0, .cabinet) }
        }
    }

    public var mode: BackupMode { base.map { .incremental(on: $0) } ?? .full }
}

/// What a finished archive holds, in numbers.
public struct ArchiveContent: Sendable, Equatable {
    public let moment: Timestamp
    public let files: Int64
    public let folders: Int64
    public let versions: Int64
    public let blobs: Int64
    /// Bytes of the contents that it holds itself.
    public let contentBytes: Int64
    public let journalSize: Int64
    /// Bytes of all its volumes.
    public let archiveBytes: Int64
    public let manifestHash: [UInt8]
}
