import Crypto
import Database

/// The statements that change `nodes`. Every change appends to `node_history` in the same call, so that the tree can be
/// seen as it was at any moment (design, section 7).
enum NodeWrites {
    /// Deepest allowed nesting below the root of a space.
    static let maximumDepth = 100

    struct NewNode {
        let id: NodeID
        let space: SpaceID
        let parent: NodeID
        let kind: NodeKind
        let tag: [UInt8]
        let sealedMeta: [UInt8]
        let head: VersionHead?
        let size: Int64
        let category: FileCategory
        let author: AccountID
    }

    static func insert(_ node: NewNode, in transaction: borrowing Transaction) throws {
        let now = transaction.now
        try transaction.run(
            """
            INSERT INTO nodes (id, space_id, parent_id, kind, state, name_tag, sealed_meta, revision, head_number, head_id, size,
                               category, created_by, created_at, updated_at)
            VALUES (\(node.id), \(node.space), \(node.parent), \(node.kind.rawValue), 0, \(node.tag), \(node.sealedMeta), 1,
                    \(node.head?.number ?? 0), \((node.head?.id).sqlValue), \(node.size), \(node.category.rawValue), \(node.author), \(now), \(now))
            """)
        try appendHistory(
            node.id, space: node.space, parent: node.parent, kind: node.kind, state: .live, sealedMeta: node.sealedMeta,
            head: node.head?.number ?? 0, size: node.size, by: node.author, in: transaction)
    }

    /// Name and place of a live node.
    static func place(
        _ record: NodeRecord, parent: NodeID, tag: [UInt8], sealedMeta: [UInt8], by author: AccountID,
        in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE nodes SET parent_id = \(parent), name_tag = \(tag), sealed_meta = \(sealedMeta), revision = revision + 1,
                             updated_at = \(transaction.now)
            WHERE id = \(record.id)
            """)
        try appendHistory(
            record.id, space: record.space, parent: parent, kind: record.kind, state: .live, sealedMeta: sealedMeta,
            head: record.head?.number ?? 0, size: record.size, by: author, in: transaction)
    }

    /// A new current version.
    static func setHead(
        _ record: NodeRecord, to head: VersionHead, size: Int64, category: FileCategory, sealedMeta: [UInt8],
        by author: AccountID, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            UPDATE nodes SET head_number = \(head.number), head_id = \(head.id), size = \(size), category = \(category.rawValue),
                             sealed_meta = \(sealedMeta), revision = revision + 1, updated_at = \(transaction.now)
            WHERE id = \(record.id)
            """)
        try appendHistory(
            record.id, space: record.space, parent: record.parent, kind: record.kind, state: .live,
            sealedMeta: sealedMeta,
            head: head.number, size: size, by: author, in: transaction)
    }

    static func appendHistory(
        _ node: NodeID, space: SpaceID, parent: NodeID?, kind: NodeKind, state: NodeState, sealedMeta: [UInt8]?,
        head: Int,
        size: Int64, by author: AccountID, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO node_history (node_id, space_id, parent_id, kind, state, sealed_meta, head_number, size, changed_by, valid_from)
            VALUES (\(node), \(space), \(parent.sqlValue), \(kind.rawValue), \(state.rawValue), \(sealedMeta.sqlValue), \(head), \(size), \(author),
                    \(transaction.now))
            """)
    }

    /// The first of "Name", "Name (1)", "Name (2)" … that no live node at this place has.
    /// - Throws: `VaultError.nameTaken` after a thousand tries.
    static func freeName(
        _ wanted: NodeName, in parent: NodeID, spaceKey: SealingKey, _ transaction: borrowing Transaction
    ) throws -> (name: NodeName, tag: [UInt8]) {
        try freeName(first: wanted, then: wanted, in: parent, spaceKey: spaceKey, transaction)
    }

    /// The first of `first`, "Name (1)", "Name (2)" … that no live node at this place has.
    static func freeName(
        first: NodeName, then wanted: NodeName, in parent: NodeID, spaceKey: SealingKey,
        _ transaction: borrowing Transaction
    ) throws -> (name: NodeName, tag: [UInt8]) {
        for number in 0..<1_000 {
            let name = number == 0 ? first : wanted.numbered(number)
            let tag = spaceKey.tag(name.folded)
            let taken = try transaction.first(
                "SELECT 1 FROM nodes WHERE parent_id = \(parent) AND name_tag = \(tag) AND state = 0", { $0.integer(0) }
            )
            if taken == nil { return (name, tag) }
        }
        throw VaultError.nameTaken(isFolder: false)
    }
}
