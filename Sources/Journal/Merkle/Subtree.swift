/// A complete subtree: the 2^`height` leaves that start at leaf `index` · 2^`height`.
///
/// Its hash never changes once its last leaf exists, whatever is appended later; this is what may be stored and cached.
struct Subtree: Hashable, Sendable {
    /// 0 for a single leaf.
    let height: Int
    /// Position among the subtrees of this height, from the left, starting at 0.
    let index: Int64

    /// The complete subtrees that make up `leaves`, from left to right, largest possible first.
    ///
    /// Requires that the lower bound is a multiple of the smallest power of two that is not below the count, which holds
    /// for every range that RFC 9162 hashes. Folding them from the right with ``TreeHasher/node(_:_:)`` gives MTH(leaves).
    static func covering(_ leaves: Range<Int64>) -> [Subtree] {
        var result: [Subtree] = []
        var start = leaves.lowerBound
        while start < leaves.upperBound {
            let height = 63 - (leaves.upperBound - start).leadingZeroBitCount
            result.append(Subtree(height: height, index: start >> Int64(height)))
            start += 1 << Int64(height)
        }
        return result
    }

    /// MTH of neighbouring subtrees as given by ``covering(_:)``; the empty root when there are none.
    static func fold(_ hashes: [[UInt8]]) -> [UInt8] {
        guard var result = hashes.last else { return TreeHasher.emptyRoot }
        for hash in hashes.dropLast().reversed() {
            result = TreeHasher.node(hash, result)
        }
        return result
    }
}
