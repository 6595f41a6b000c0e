public import Archive
public import Vault

public enum ImportEntity {}
/// One archive from outside on its way in.
public typealias ImportID = ID<ImportEntity>

/// Where an archive goes, and how.
public struct ImportRequest: Sendable {
    /// The folder into which it is unpacked; `nil` is the root of the caller's space.
    public var folder: NodeID?
    /// What to do where a file of that name is already.
    public var conflict: NameConflict
    /// Opens its encrypted entries.
    public var password: ZIPPassword?
    /// It is a portable archive of this vault: its lists of contents are left out.
    var isPortable = false

    public init(folder: NodeID?, conflict: NameConflict = .version, password: ZIPPassword? = nil) {
        self.folder = folder
        self.conflict = conflict
        self.password = password
    }
}

/// What an operator may set.
public struct ImportSettings: Sendable {
    public var limits = ForeignLimits()
    /// Imports of one person that run at once, and of this node.
    public var runningPerPerson = 2
    public var running = 4
    /// How long whoever sends an archive waits for its report before getting a number to ask with.
    public var patience: Duration = .seconds(3)

    public init() {}

    /// Most entries of one archive.
    public var entries: Int {
        get { limits.entries }
        set { limits.entries = newValue }
    }

    /// Most bytes of all contents of one archive.
    public var bytes: Int64 {
        get { limits.total }
        set { limits.total = newValue }
    }
}
