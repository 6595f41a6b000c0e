import Crypto
import Database

/// The rows that put a run of events into the tree, ready to be inserted.
struct SequencedBatch: Sendable {
    struct Leaf: Sendable {
        let index: Int64
        let sequence: Int64
        let hash: [UInt8]
    }
    struct Node: Sendable {
        let subtree: Subtree
        let hash: [UInt8]
    }
    struct BlockSpan: Sendable {
        let block: Int64
        let span: Span
    }

    /// The tree's edge before and after.
    let before: TreeEdge
    private(set) var after: TreeEdge
    private(set) var leaves: [Leaf] = []
    private(set) var nodes: [Node] = []
    private(set) var spans: [BlockSpan] = []

    /// Reads up to `limit` events that have no leaf and gives each the next one, in the order of their numbers.
    init(
        after edge: TreeEdge, limit: Int, reorderWindow: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        before = edge
        after = edge
        let start = edge.lastSequence - reorderWindow
        // Numbers that come in order are all behind the last one; otherwise late ones must be looked for.
        let late: SQL =
            reorderWindow == 0
            ? "" : "AND NOT EXISTS (SELECT 1 FROM journal_leaves l WHERE l.sequence = e.sequence)"
        let rows: SQL = """
            SELECT \(JournalRow.columns) FROM journal_events e
            WHERE e.sequence > \(start) \(late) ORDER BY e.sequence LIMIT \(limit)
            """
        var encoding = LeafEncoding()
        var hasher = SHA256Hasher()
        try reading.forEach(rows) { row in
            let sequence = row.integer(0)
            guard encoding.encode(row, from: 0) else { throw JournalError.damagedEvent(sequence: sequence) }
            add(sequence: sequence, time: row.integer(1), hash: hasher.leaf(encoding.bytes), &hasher)
            return .more
        }
    }

    private mutating func add(sequence: Int64, time: Int64, hash: [UInt8], _ hasher: inout SHA256Hasher) {
        let index = after.range.size
        leaves.append(Leaf(index: index, sequence: sequence, hash: hash))
        let completed = after.append(hash, sequence: sequence, time: time, hasher: &hasher) { subtree, hash in
            if subtree.height % StoredTree.stride == 0 { nodes.append(Node(subtree: subtree, hash: hash)) }
        }
        if let completed { spans.append(BlockSpan(block: index >> Int64(StoredTree.stride), span: completed)) }
    }

    /// Inserts the rows, unless the tree has grown by other hands meanwhile.
    ///
    /// - Returns: whether they were inserted.
    func store(in transaction: borrowing Transaction) throws -> Bool {
        guard try StoredTree.size(in: transaction) == before.range.size else { return false }
        for leaf in leaves {
            try transaction.run(
                """
                INSERT INTO journal_leaves (leaf_index, sequence, hash)
                VALUES (\(leaf.index), \(leaf.sequence), \(leaf.hash))
                """)
        }
        for node in nodes {
            try transaction.run(
                """
                INSERT INTO journal_nodes (height, node_index, hash)
                VALUES (\(node.subtree.height), \(node.subtree.index), \(node.hash))
                """)
        }
        for part in spans {
            try transaction.run(
                """
                INSERT INTO journal_spans (block, first_sequence, last_sequence, first_time, last_time)
                VALUES (\(part.block), \(part.span.firstSequence), \(part.span.lastSequence),
                    \(part.span.firstTime), \(part.span.lastTime))
                """)
        }
        return true
    }
}
