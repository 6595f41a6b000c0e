public import Database

/// Heads and proofs of the journal's tree. Each takes the snapshot or transaction to read in.
extension Journal {
    /// The tree as far as it is sequenced.
    public func treeHead(in reading: borrowing some SQLReading & ~Copyable) throws -> TreeHead {
        try treeHead(size: StoredTree.size(in: reading), in: reading)
    }

    /// The tree as it was at an earlier size.
    ///
    /// - Throws: `JournalError.outsideTree` above the present size.
    public func treeHead(size: Int64, in reading: borrowing some SQLReading & ~Copyable) throws -> TreeHead {
        guard try size >= 0 && size <= StoredTree.size(in: reading) else { throw JournalError.outsideTree }
        var tree = StoredTree()
        return TreeHead(size: size, rootHash: try tree.hash(of: 0..<size, in: reading))
    }

    /// The event at a place in the tree, from 0; nil when there is none.
    public func sequence(ofLeaf index: Int64, in reading: borrowing some SQLReading & ~Copyable) throws -> Int64? {
        try reading.first("SELECT sequence FROM journal_leaves WHERE leaf_index = \(index)") { $0.integer(0) }
    }

    /// The place of a leaf hash among some leaves, which are looked through; nil when it is not there.
    public func leaf(
        withHash hash: [UInt8], in leaves: Range<Int64>, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Int64? {
        try reading.first(
            """
            SELECT leaf_index FROM journal_leaves
            WHERE leaf_index >= \(leaves.lowerBound) AND leaf_index < \(leaves.upperBound) AND hash = \(hash)
            ORDER BY leaf_index DESC LIMIT 1
            """
        ) { $0.integer(0) }
    }

    /// Proof that the leaf is in the tree of `treeSize` leaves.
    ///
    /// - Throws: `JournalError.outsideTree` when it is not, or the tree is not that large.
    public func inclusionProof(
        leafIndex: Int64, treeSize: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> InclusionProof {
        guard try treeSize <= StoredTree.size(in: reading) else { throw JournalError.outsideTree }
        var tree = StoredTree()
        return try tree.inclusionProof(leafIndex: leafIndex, treeSize: treeSize, in: reading)
    }

    /// Proof that the event is in the tree of `treeSize` leaves.
    ///
    /// - Throws: `JournalError.unknownEvent`, `.notSequenced`, `.outsideTree`.
    public func inclusionProof(
        sequence: Int64, treeSize: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> InclusionProof {
        let leaf = try reading.first("SELECT leaf_index FROM journal_leaves WHERE sequence = \(sequence)") {
            $0.integer(0)
        }
        guard let leaf else {
            let isKnown = try reading.exists("SELECT 1 FROM journal_events WHERE sequence = \(sequence)")
            throw isKnown ? JournalError.notSequenced(sequence: sequence) : .unknownEvent(sequence: sequence)
        }
        return try inclusionProof(leafIndex: leaf, treeSize: treeSize, in: reading)
    }

    /// Proof that the tree of `to` leaves extends that of `from` leaves.
    ///
    /// - Throws: `JournalError.outsideTree` unless 0 ≤ `from` ≤ `to` ≤ present size.
    public func consistencyProof(
        from: Int64, to: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ConsistencyProof {
        guard try from >= 0 && from <= to && to <= StoredTree.size(in: reading) else { throw JournalError.outsideTree }
        var tree = StoredTree()
        return try tree.consistencyProof(from: from, to: to, in: reading)
    }
}

extension StoredTree {
    /// Proof that one tree extends the other. The caller has made sure that the tree is that large.
    mutating func consistencyProof(
        from: Int64, to: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ConsistencyProof {
        guard from >= 0, from <= to else { throw JournalError.outsideTree }
        var hashes: [[UInt8]] = []
        for part in ProofLayout.consistency(from: from, to: to) { hashes.append(try hash(of: part, in: reading)) }
        return ConsistencyProof(fromSize: from, toSize: to, hashes: hashes)
    }

    /// Proof for one leaf; what was read serves the next one too. The caller has made sure that the tree is that large.
    mutating func inclusionProof(
        leafIndex: Int64, treeSize: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> InclusionProof {
        guard leafIndex >= 0, leafIndex < treeSize else { throw JournalError.outsideTree }
        var hashes: [[UInt8]] = []
        for part in ProofLayout.inclusion(leafIndex: leafIndex, treeSize: treeSize) {
            hashes.append(try hash(of: part, in: reading))
        }
        return InclusionProof(leafIndex: leafIndex, treeSize: treeSize, hashes: hashes)
    }
}
