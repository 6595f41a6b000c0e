import Database

/// The tree as it lies in the store: leaf hashes, and the complete subtrees of height 8, 16, 24 ….
///
/// Storing one node in 256 keeps the tables small and the sequencer fast; a proof reads a few hundred neighbouring rows
/// and computes the rest. What was read is kept, in bounded memory, so that proofs of neighbouring leaves are cheap.
struct StoredTree {
    /// log₂ of the number of leaves or nodes between two stored heights.
    static let stride = 8

    private var blocks: [Subtree: Block] = [:]
    /// Hashes of right edges, which belong to one tree size and are asked for again and again.
    private var edges: [Range<Int64>: [UInt8]] = [:]

    /// Number of leaves in the store.
    static func size(in reading: borrowing some SQLReading & ~Copyable) throws -> Int64 {
        try reading.first("SELECT leaf_index FROM journal_leaves ORDER BY leaf_index DESC LIMIT 1") {
            $0.integer(0) + 1
        } ?? 0
    }

    /// MTH of a range of leaves that RFC 9162 hashes as one tree.
    ///
    /// - Throws: `JournalError.damagedTree` when a row is missing or has the wrong form.
    mutating func hash(
        of leaves: Range<Int64>, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [UInt8] {
        let subtrees = Subtree.covering(leaves)
        if subtrees.count == 1, let only = subtrees.first { return try hash(of: only, in: reading) }
        if let known = edges[leaves] { return known }
        var hashes: [[UInt8]] = []
        for subtree in subtrees { hashes.append(try hash(of: subtree, in: reading)) }
        let hash = Subtree.fold(hashes)
        if edges.count >= 256 { edges.removeAll() }
        edges[leaves] = hash
        return hash
    }

    /// The right edge of the tree of `size` leaves.
    mutating func compactRange(
        size: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> CompactRange {
        var hashes: [[UInt8]] = []
        for subtree in Subtree.covering(0..<size) { hashes.append(try hash(of: subtree, in: reading)) }
        guard let range = CompactRange(size: size, hashes: hashes) else { throw JournalError.outsideTree }
        return range
    }

    private mutating func hash(
        of subtree: Subtree, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [UInt8] {
        let level = subtree.height % Self.stride
        let top = Subtree(
            height: subtree.height - level + Self.stride, index: subtree.index >> Int64(Self.stride - level))
        let block: Block
        if let known = blocks[top] {
            block = known
        } else {
            block = try Block(under: top, in: reading)
            if blocks.count >= 64 { blocks.removeAll() }
            blocks[top] = block
        }
        let position = Int(subtree.index - top.index << Int64(Self.stride - level))
        guard position < block.levels[level].count else {
            throw JournalError.damagedTree(height: subtree.height, index: subtree.index)
        }
        return block.levels[level][position]
    }
}

/// The up to 256 stored hashes under one node, and all complete nodes between.
private struct Block {
    /// `levels[0]` are the stored hashes, from left to right; each next level has half as many.
    let levels: [[[UInt8]]]

    init(under top: Subtree, in reading: borrowing some SQLReading & ~Copyable) throws {
        let height = top.height - StoredTree.stride
        let start = top.index << Int64(StoredTree.stride)
        let end = start + 1 << Int64(StoredTree.stride)
        let rows: SQL =
            height == 0
            ? """
            SELECT leaf_index, hash FROM journal_leaves
            WHERE leaf_index >= \(start) AND leaf_index < \(end) ORDER BY leaf_index
            """
            : """
            SELECT node_index, hash FROM journal_nodes
            WHERE height = \(height) AND node_index >= \(start) AND node_index < \(end) ORDER BY node_index
            """
        var level: [[UInt8]] = []
        try reading.forEach(rows) { row in
            let hash = row.bytes(1)
            guard row.integer(0) == start + Int64(level.count), hash.count == TreeHasher.byteCount else {
                throw JournalError.damagedTree(height: height, index: start + Int64(level.count))
            }
            level.append(hash)
            return .more
        }
        var levels = [level]
        while levels.count < StoredTree.stride {
            level = stride(from: 1, to: level.count, by: 2).map { TreeHasher.node(level[$0 - 1], level[$0]) }
            levels.append(level)
        }
        self.levels = levels
    }
}
