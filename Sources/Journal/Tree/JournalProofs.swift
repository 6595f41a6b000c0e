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
