import Journal

/// The Merkle tree of RFC 9162, sections 2.1.1 to 2.1.4, written down as the RFC defines it: recursively, from all
/// leaves, every time. Slow, and the judge of the fast one.
public struct NaiveTree: Sendable {
    /// Leaf hashes, from the first.
    public var leafHashes: [[UInt8]]

    public init(leafHashes: [[UInt8]]) {
        self.leafHashes = leafHashes
    }

    /// MTH(D[size]).
    public func rootHash(size: Int) -> [UInt8] {
        hash(leafHashes[..<size])
    }

    /// PATH(index, D[size]).
    public func inclusion(of index: Int, size: Int) -> [[UInt8]] {
        path(index, leafHashes[..<size])
    }

    /// PROOF(from, D[to]); the empty list when `from` is 0 or equals `to`.
    public func consistency(from: Int, to: Int) -> [[UInt8]] {
        from == 0 ? [] : subproof(from, leafHashes[..<to], true)
    }

    private func hash(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard let first = leaves.first else { return TreeHasher.emptyRoot }
        if leaves.count == 1 { return first }
        let left = split(leaves.count)
        return TreeHasher.node(hash(leaves.prefix(left)), hash(leaves.dropFirst(left)))
    }

    private func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        if leaves.count == 1 { return [] }
        let left = split(leaves.count)
        return index < left
            ? path(index, leaves.prefix(left)) + [hash(leaves.dropFirst(left))]
            : path(index - left, leaves.dropFirst(left)) + [hash(leaves.prefix(left))]
    }

    private func subproof(_ from: Int, _ leaves: ArraySlice<[UInt8]>, _ isWholeOldTree: Bool) -> [[UInt8]] {
        if from == leaves.count { return isWholeOldTree ? [] : [hash(leaves)] }
        let left = split(leaves.count)
        return from <= left
            ? subproof(from, leaves.prefix(left), isWholeOldTree) + [hash(leaves.dropFirst(left))]
            : subproof(from - left, leaves.dropFirst(left), false) + [hash(leaves.prefix(left))]
    }

    /// The largest power of two smaller than `count`.
    private func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}
