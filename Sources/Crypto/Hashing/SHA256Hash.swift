/// SHA-256 (FIPS 180-4) of things that are in memory.
public enum SHA256Hash {
    /// Size of a hash in bytes.
    public static let size = 32

    /// The hash of `bytes`.
    public static func of(_ bytes: [UInt8]) -> [UInt8] {
        of(bytes.span)
    }

    /// The hash of `bytes`.
    public static func of(_ bytes: Span<UInt8>) -> [UInt8] {
        var digest = Digest(.sha256)
        digest.update(bytes)
        return digest.finish()
    }

    /// The hash of `prefix ‖ a ‖ b`: leaves and nodes of a Merkle tree (RFC 9162, section 2.1.1).
    public static func of(_ prefix: UInt8, _ a: [UInt8], _ b: [UInt8] = []) -> [UInt8] {
        var digest = Digest(.sha256)
        digest.update(prefix)
        digest.update(a.span)
        digest.update(b.span)
        return digest.finish()
    }
}

/// Many short SHA-256 hashes one after the other with one context: a fifth faster than ``SHA256Hash`` for each.
public struct SHA256Hasher: ~Copyable, Sendable {
    private var digest = Digest(.sha256)

    public init() {}

    /// The hash of `bytes`.
    public mutating func hash(_ bytes: [UInt8]) -> [UInt8] {
        digest.update(bytes.span)
        return digest.finish()
    }

    /// The hash of `prefix ‖ a ‖ b`.
    public mutating func hash(_ prefix: UInt8, _ a: [UInt8], _ b: [UInt8] = []) -> [UInt8] {
        digest.update(prefix)
        digest.update(a.span)
        digest.update(b.span)
        return digest.finish()
    }
}
