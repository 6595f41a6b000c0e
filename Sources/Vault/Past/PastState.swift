package import Database

/// A node as it was at a moment.
public struct PastState: Sendable, Equatable {
    public let node: NodeID
    /// `nil` for the root of a space.
    public let parent: NodeID?
    public let kind: NodeKind
    /// Its name and type then, sealed under the node's own key; `nil` once it was shredded.
    package let sealedMeta: [UInt8]?
    /// Number of the version that was current; 0 for folders.
    public let version: Int
    /// Bytes; 0 for folders.
    public let size: Int64

    package init(
        node: NodeID, parent: NodeID?, kind: NodeKind, sealedMeta: [UInt8]?, version: Int, size: Int64
    ) {
        self.node = node
        self.parent = parent
        self.kind = kind
        self.sealedMeta = sealedMeta
        self.version = version
        self.size = size
    }
}

/// A past state with what became of the node.
package struct PastRow: Sendable {
    package let past: PastState
    /// Whether the node was live then, but for the folders above it.
    package let wasLive: Bool
    /// When this state of it began.
    package let validFrom: Timestamp
    package let today: NodeRecord

    /// Name and type as they were; `nil` once the node was shredded.
    package func meta(_ core: VaultCore) throws -> NodeMeta? {
        guard let sealed = past.sealedMeta, today.wrappedKey != nil else { return nil }
        // What is called the same today is in the cache of opened names.
        if sealed == today.sealedMeta { return try core.names.meta(of: today) }
        return try NodeMeta.opened(sealed, under: try today.key(core.keyring), node: past.node)
    }
}
