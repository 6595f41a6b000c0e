public import Vault

/// What a backup holds (requirements/2, step 5).
public enum BackupScope: Sendable, Equatable {
    case file(NodeID)
    /// A cabinet, a locker or a folder, with all that lies in it.
    case folder(NodeID, NodeKind)
    case space(SpaceID)
    /// The whole vault: what `cloudspace restore` makes a vault of again.
    case system

    /// The word of the document: `fichier`, `dossier`, `casier`, `armoire`, `espace`, `systeme`.
    public var documentName: String {
        switch self {
        case .file: NodeKind.file.documentName
        case .folder(_, let kind): kind.documentName
        case .space: "espace"
        case .system: "systeme"
        }
    }

    /// What it is of; nil for the system.
    public var target: UInt128? {
        switch self {
        case .file(let id), .folder(let id, _): id.value
        case .space(let id): id.value
        case .system: nil
        }
    }
}

/// How contents lie in the archive (design, section 9).
public enum BackupForm: String, Sendable, CaseIterable {
    /// The stored ciphertext as it is, and a sealed manifest. Without the vault's keys, or its key bundle and the recovery
    /// key, it says nothing.
    case sealed = "scellee"
    /// Plain contents under a password, in WinZip AES-256: opens in ordinary tools.
    case portable = "portable"
}

/// Whether the archive stands by itself.
public enum BackupMode: Sendable, Equatable {
    case full
    /// Holds only the blobs that the chain ending in this backup does not have.
    case incremental(on: BackupID)

    /// `complete` or `incrementale`.
    public var documentName: String {
        switch self {
        case .full: "complete"
        case .incremental: "incrementale"
        }
    }
}

/// One archive to be made.
public struct BackupOrder: Sendable, Equatable {
    public let id: BackupID
    public let scope: BackupScope
    public let mode: BackupMode
    /// Most bytes of one volume: 16 MiB or more.
    public let volumeLimit: Int64

    public static let smallestVolume: Int64 = 16 << 20
    public static let defaultVolume: Int64 = 4 << 30

    public init(id: BackupID, scope: BackupScope, mode: BackupMode, volumeLimit: Int64 = BackupOrder.defaultVolume) {
        self.id = id
        self.scope = scope
        self.mode = mode
        self.volumeLimit = max(Self.smallestVolume, volumeLimit)
    }
}
