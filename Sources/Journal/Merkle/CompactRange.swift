import Crypto

/// The right edge of a growing Merkle tree: the hashes of the complete subtrees that make up its leaves so far.
///
/// At most one subtree of each height, so a tree of n leaves is carried on in O(log n) memory. Known in the literature as
/// the frontier or compact range of the tree.
public struct CompactRange: Sendable, Equatable {
    /// Number of leaves so far.
    public private(set) var size: Int64
    /// Hashes of the complete subtrees from left (largest) to right; one for each set bit of `size`.
    private var hashes: [[UInt8]]

    /// The range of the empty tree.
    public init() {
        size = 0
        hashes = []
    }

    /// Takes up a tree of `size` leaves again.
    ///
    /// - Parameter hashes: the complete subtrees of the tree, from left to right, as many as `size` has set bits.
    init?(size: Int64, hashes: [[UInt8]]) {
        guard size >= 0, hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Adds the next leaf.
    ///
    /// - Parameters:
    ///   - hasher: one for many leaves, which is faster than a new one for each.
    ///   - completed: told every inner subtree that the leaf completes, lowest first, with its hash.
    mutating func append(
        _ leafHash: [UInt8], hasher: inout SHA256Hasher, completed: (Subtree, [UInt8]) throws -> Void
    ) rethrows {
        var hash = leafHash
        var height = 0
        while (size >> Int64(height)) & 1 == 1 {
            hash = hasher.node(hashes.removeLast(), hash)
            height += 1
            try completed(Subtree(height: height, index: size >> Int64(height)), hash)
        }
        hashes.append(hash)
        size += 1
    }

    /// Adds the next leaf.
    public mutating func append(_ leafHash: [UInt8]) {
        var hasher = SHA256Hasher()
        append(leafHash, hasher: &hasher, completed: { _, _ in })
    }

    /// The root of the tree so far: MTH(D[size]).
    public var rootHash: [UInt8] { Subtree.fold(hashes) }
}
