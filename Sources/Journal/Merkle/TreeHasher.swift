import Crypto

/// The three hashes of an RFC 9162 Merkle tree (section 2.1.1) over SHA-256.
///
/// Leaves and inner nodes are hashed under different first bytes, so that an inner node can never be presented as a
/// leaf (second-preimage resistance).
public enum TreeHasher {
    /// Length of every hash in the tree, in bytes.
    public static let byteCount = 32

    /// The root of a tree without leaves: SHA-256 of nothing.
    public static let emptyRoot: [UInt8] = SHA256Hash.of([])

    /// `SHA-256(0x00 ‖ entry)`.
    public static func leaf(_ entry: [UInt8]) -> [UInt8] {
        SHA256Hash.of(0x00, entry, [])
    }

    /// `SHA-256(0x01 ‖ left ‖ right)`.
    public static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        SHA256Hash.of(0x01, left, right)
    }
}

extension SHA256Hasher {
    /// ``TreeHasher/leaf(_:)`` for many leaves in a row.
    mutating func leaf(_ entry: [UInt8]) -> [UInt8] { hash(0x00, entry) }

    /// ``TreeHasher/node(_:_:)`` for many nodes in a row.
    mutating func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { hash(0x01, left, right) }
}
