/// Proof that a tree is an older tree with leaves appended, and nothing else (RFC 9162, section 2.1.4).
public struct ConsistencyProof: Sendable, Hashable {
    /// Number of leaves of the older tree.
    public let fromSize: Int64
    /// Number of leaves of the newer tree.
    public let toSize: Int64
    /// Hashes of the parts of the newer tree, lowest first. Empty when the sizes are equal or the older tree is empty.
    public let hashes: [[UInt8]]

    public init(fromSize: Int64, toSize: Int64, hashes: [[UInt8]]) {
        self.fromSize = fromSize
        self.toSize = toSize
        self.hashes = hashes
    }

    /// Whether the proof joins the two roots (RFC 9162, section 2.1.4.2).
    ///
    /// Every tree extends the empty one; then the proof is empty and `fromRoot` is ``TreeHasher/emptyRoot``.
    public func verifies(fromRoot: [UInt8], toRoot: [UInt8]) -> Bool {
        guard fromSize >= 0, fromSize <= toSize else { return false }
        guard fromRoot.count == TreeHasher.byteCount, toRoot.count == TreeHasher.byteCount else { return false }
        guard hashes.allSatisfy({ $0.count == TreeHasher.byteCount }) else { return false }
        if fromSize == 0 {
            return hashes.isEmpty && fromRoot == TreeHasher.emptyRoot && (toSize > 0 || toRoot == fromRoot)
        }
        if fromSize == toSize { return hashes.isEmpty && fromRoot == toRoot }

        // The older tree is a subtree of the newer one when its size is a power of two; its root then starts the path.
        var path = fromSize.nonzeroBitCount == 1 ? [fromRoot] + hashes : hashes
        guard let first = path.first else { return false }
        path.removeFirst()
        var node = fromSize - 1
        var last = toSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var older = first
        var newer = first
        for hash in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                older = TreeHasher.node(hash, older)
                newer = TreeHasher.node(hash, newer)
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                newer = TreeHasher.node(newer, hash)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && older == fromRoot && newer == toRoot
    }
}
