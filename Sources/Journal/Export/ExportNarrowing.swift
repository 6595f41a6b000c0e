public import Database

/// What narrows a selection beyond a ``JournalQuery``: conditions that no index serves, or that only the vault can decide.
///
/// An export says them in its first line; that they were applied honestly is the vault's word, as with every filter.
public struct ExportNarrowing: Sendable, Hashable {
    public var actorKind: ActorKind?
    /// The client's network address.
    public var address: String?
    /// A folder: events of what is or was in it.
    @OptionalWords128 public var folderID: UInt128?
    /// Whether a text was searched for in names. The text itself may be a name, so the export does not hold it.
    public var isSearch: Bool

    public init(
        actorKind: ActorKind? = nil, address: String? = nil, folderID: UInt128? = nil, isSearch: Bool = false
    ) {
        self.actorKind = actorKind
        self.address = address
        _folderID = OptionalWords128(wrappedValue: folderID)
        self.isSearch = isSearch
    }
}
