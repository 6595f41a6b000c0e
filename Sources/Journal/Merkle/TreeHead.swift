/// What a whole tree is named by: how many leaves it has and the hash at its top.
public struct TreeHead: Sendable, Hashable {
    /// Number of leaves.
    public let size: Int64
    /// MTH over all leaves, 32 bytes (RFC 9162, section 2.1.1).
    public let rootHash: [UInt8]

    public init(size: Int64, rootHash: [UInt8]) {
        self.size = size
        self.rootHash = rootHash
    }
}
