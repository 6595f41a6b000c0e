package import Crypto
public import Database

/// What a node is. A folder may be a cabinet (`armoire`), a locker (`casier`) or a plain folder (`dossier`).
public enum NodeKind: Int64, Sendable, CaseIterable {
    case file = 0, folder = 1, locker = 2, cabinet = 3

    public var isFolder: Bool { self != .file }

    /// The word of requirements/2 for it.
    public var documentName: String {
        switch self {
        case .file: "fichier"
        case .folder: "dossier"
        case .locker: "casier"
        case .cabinet: "armoire"
        }
    }

    public init?(documentName: String) {
        guard let kind = Self.allCases.first(where: { $0.documentName == documentName }) else { return nil }
        self = kind
    }
}

/// Where a node is in its life. A purged node is a tombstone: its key is destroyed, its row keeps the tree provable.
public enum NodeState: Int64, Sendable { case live = 0, trashed = 1, purged = 2 }

/// The current version of a file.
public struct VersionHead: Equatable, Sendable {
    public let number: Int
    public let id: VersionID
}

/// A file or folder as it is now, with its name opened.
public struct Node: Sendable, Equatable {
    public let id: NodeID
    public let space: SpaceID
    /// `nil` for the root of a space only.
    public let parent: NodeID?
    public let kind: NodeKind
    public let state: NodeState
    public let meta: NodeMeta
    /// Grows with every change of this row.
    public let revision: Int64
    public let head: VersionHead?
    /// Bytes of the current version; 0 for folders.
    public let size: Int64
    public let createdBy: AccountID
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let trashedAt: Timestamp?

    public var name: NodeName { meta.name }
    /// Whether `parent` is the root of the space.
    public var isAtTop: Bool { parent?.value == space.value }
}

/// A row of `nodes`, its metadata still sealed, with its wrapped key beside it.
package struct NodeRecord: Sendable {
    package let id: NodeID
    package let space: SpaceID
    package let parent: NodeID?
    package let kind: NodeKind
    package let state: NodeState
    package let sealedMeta: [UInt8]
    package let revision: Int64
    package let head: VersionHead?
    package let size: Int64
    package let category: FileCategory
    package let createdBy: AccountID
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let trashedAt: Timestamp?
    package let wrappedKey: WrappedKey?

    /// Reads the columns in the order that every statement of `NodeQueries` selects them.
    init(_ row: borrowing Row) {
        id = row.id(0)
        space = row.id(1)
        parent = row.optionalID(2)
        kind = NodeKind(rawValue: row.integer(3)) ?? .folder
        state = NodeState(rawValue: row.integer(4)) ?? .purged
        sealedMeta = row.optionalBytes(5) ?? []
        revision = row.integer(6)
        let number = row.int(7)
        head = row.optionalUUID(8).map { VersionHead(number: number, id: VersionID($0)) }
        size = row.integer(9)
        category = FileCategory(rawValue: row.integer(10)) ?? .other
        createdBy = row.id(11)
        createdAt = row.timestamp(12)
        updatedAt = row.timestamp(13)
        trashedAt = row.optionalTimestamp(14)
        if row.isNull(15) {
            wrappedKey = nil
        } else {
            wrappedKey = WrappedKey(generation: row.int(15), bytes: row.bytes(16))
        }
    }

    /// - Throws: `VaultError.notFound` for a shredded node, `.tampered` for one that does not open.
    package func key(_ keyring: Keyring) throws -> SealingKey {
        guard let wrappedKey else { throw VaultError.notFound(kind.isFolder ? .folder : .file) }
        do { return try keyring.unwrapNodeKey(wrappedKey, node: id, space: space) } catch CryptoError.openFailed {
            throw VaultError.tampered(id)
        }
    }

    package func opened(_ meta: NodeMeta) -> Node {
        Node(
            id: id, space: space, parent: parent, kind: kind, state: state, meta: meta, revision: revision, head: head,
            size: size, createdBy: createdBy, createdAt: createdAt, updatedAt: updatedAt, trashedAt: trashedAt)
    }
}
