/// Which parts of a tree a proof is made of, as ranges of leaves; in the order in which RFC 9162 lists their hashes.
///
/// Pure arithmetic: whoever holds the nodes turns each range into MTH of its leaves.
enum ProofLayout {
    /// PATH(m, D[n]) of RFC 9162, section 2.1.3.1. Requires 0 ≤ `leafIndex` < `treeSize`.
    static func inclusion(leafIndex: Int64, treeSize: Int64) -> [Range<Int64>] {
        var siblings: [Range<Int64>] = []
        var tree = 0..<treeSize
        while tree.upperBound - tree.lowerBound > 1 {
            let middle = split(tree)
            if leafIndex < middle {
                siblings.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                siblings.append(tree.lowerBound..<middle)
                tree = middle..<tree.upperBound
            }
        }
        return siblings.reversed()
    }

    /// PROOF(m, D[n]) of RFC 9162, section 2.1.4.1. Requires 0 ≤ `from` ≤ `to`; empty when they are equal or `from` is 0.
    static func consistency(from: Int64, to: Int64) -> [Range<Int64>] {
        guard from > 0, from < to else { return [] }
        var parts: [Range<Int64>] = []
        var tree = 0..<to
        // The verifier knows the old root, so the part that is the whole old tree need not be sent.
        var isOldTree = true
        while tree.upperBound != from {
            let middle = split(tree)
            if from <= middle {
                parts.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                parts.append(tree.lowerBound..<middle)
                tree = middle..<tree.upperBound
                isOldTree = false
            }
        }
        if !isOldTree { parts.append(tree) }
        return parts.reversed()
    }

    /// Where RFC 9162 splits D[n]: after the largest power of two smaller than n. Requires at least two leaves.
    private static func split(_ tree: Range<Int64>) -> Int64 {
        let count = tree.upperBound - tree.lowerBound
        return tree.lowerBound + (1 << Int64(63 - (count - 1).leadingZeroBitCount))
    }
}
