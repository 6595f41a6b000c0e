/// Proof that a leaf is at a place in a tree (RFC 9162, section 2.1.3).
public struct InclusionProof: Sendable, Hashable {
    /// Place of the leaf, from 0.
    public let leafIndex: Int64
    /// Number of leaves of the tree the proof speaks of.
    public let treeSize: Int64
    /// The hashes beside the path from the leaf to the root, lowest first.
    public let hashes: [[UInt8]]

    public init(leafIndex: Int64, treeSize: Int64, hashes: [[UInt8]]) {
        self.leafIndex = leafIndex
        self.treeSize = treeSize
        self.hashes = hashes
    }

    /// Whether the proof leads from the leaf to the root (RFC 9162, section 2.1.3.2).
    ///
    /// False for anything that is not exactly right: index outside the tree, too few or too many hashes, a hash that is
    /// not 32 bytes long.
    public func verifies(leafHash: [UInt8], rootHash: [UInt8]) -> Bool {
        guard leafIndex >= 0, leafIndex < treeSize, leafHash.count == TreeHasher.byteCount else { return false }
        var node = leafIndex
        var last = treeSize - 1
        var hash = leafHash
        for sibling in hashes {
            guard last > 0, sibling.count == TreeHasher.byteCount else { return false }
            if node & 1 == 1 || node == last {
                hash = TreeHasher.node(sibling, hash)
                // A right edge without a right sibling rises until it is one.
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = TreeHasher.node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == rootHash
    }
}
