public import Database
public import Vault

/// A node as it was at a moment.
public struct PastNode: Sendable, Equatable {
    /// What became of it since.
    public enum Today: String, Sendable, CaseIterable {
        /// Where it was, as it was.
        case unchanged
        /// Live, with another name, place or content.
        case changed
        case trashed, shredded
    }

    public let id: NodeID
    public let parent: NodeID?
    public let kind: NodeKind
    /// `nil` when the node was shredded since: it was here, its name is gone for ever.
    public let name: NodeName?
    public let mediaType: String?
    /// Number of the version that was current; 0 for folders.
    public let head: Int
    /// Bytes; 0 for folders.
    public let size: Int64
    /// When this state of it began.
    public let validFrom: Timestamp
    public let createdAt: Timestamp
    public let today: Today

    init(_ row: PastRow, _ core: VaultCore) throws {
        let meta = try row.meta(core)
        id = row.past.node
        parent = row.past.parent
        kind = row.past.kind
        name = meta?.name
        mediaType = meta?.mediaType
        head = row.past.version
        size = row.past.size
        validFrom = row.validFrom
        createdAt = row.today.createdAt
        switch row.today.state {
        case .purged: today = .shredded
        case .trashed: today = .trashed
        case .live:
            let isSame =
                try row.today.parent == parent && (row.today.head?.number ?? 0) == head
                && (row.today.sealedMeta == row.past.sealedMeta || core.names.meta(of: row.today) == meta)
            today = isSame ? .unchanged : .changed
        }
    }

    /// Folders before files; then by the field asked for; equal fields by name, then id.
    static func precedes(
        _ left: (node: PastNode, key: [UInt8]), _ right: (node: PastNode, key: [UInt8]), _ sort: ListSort,
        _ order: ListOrder
    ) -> Bool {
        if left.node.kind.isFolder != right.node.kind.isFolder { return left.node.kind.isFolder }
        let (first, second) = order == .ascending ? (left, right) : (right, left)
        switch sort {
        case .size where first.node.size != second.node.size: return first.node.size < second.node.size
        case .modified where first.node.validFrom != second.node.validFrom:
            return first.node.validFrom < second.node.validFrom
        default: break
        }
        if first.key != second.key { return first.key.lexicographicallyPrecedes(second.key) }
        return first.node.id.value < second.node.id.value
    }
}
