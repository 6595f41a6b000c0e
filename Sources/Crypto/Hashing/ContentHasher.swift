/// The hashes of a content: SHA-256 always, MD5 where a protocol promised one.
public struct ContentDigest: Hashable, Sendable {
    /// 32 bytes.
    public let sha256: [UInt8]
    /// 16 bytes; nil when it was not asked for. A checksum, not a protection.
    public let md5: [UInt8]?

    public init(sha256: [UInt8], md5: [UInt8]?) {
        self.sha256 = sha256
        self.md5 = md5
    }
}

/// Hashes a content as it streams by.
///
/// One owner; may move between threads. MD5 runs at half the speed of SHA-256 and less, so ask for it only where it
/// is promised; to have it on a thread of its own, use two hashers.
public struct ContentHasher: ~Copyable, Sendable {
    private var sha256 = Digest(.sha256)
    private var md5: Digest?

    public init(md5: Bool) {
        self.md5 = md5 ? Digest(.md5) : nil
    }

    /// Feeds the next bytes.
    public mutating func update(_ bytes: [UInt8]) {
        update(bytes.span)
    }

    /// Feeds the next bytes.
    public mutating func update(_ bytes: Span<UInt8>) {
        sha256.update(bytes)
        md5?.update(bytes)
    }

    /// The hashes of everything fed so far; the hasher starts over.
    public mutating func finish() -> ContentDigest {
        ContentDigest(sha256: sha256.finish(), md5: md5?.finish())
    }
}
