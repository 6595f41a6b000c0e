import Vault

/// One line of a portable archive.
struct PortableEntry: Sendable {
    /// Inside the archive, "/" between folders.
    let path: String
    let node: NodeID
    let kind: NodeKind
    /// Milliseconds since 1970, UTC.
    let modified: Int64
    /// Of a file.
    let content: ArchivedNode.Content?

    var size: Int64 { content?.size ?? 0 }
}
