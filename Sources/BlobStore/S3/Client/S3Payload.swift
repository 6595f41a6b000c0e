import Crypto

/// Bytes to send, with the hashes that go along.
struct S3Payload: Sendable {
    let pieces: [[UInt8]]
    let count: Int
    let sha256: [UInt8]
    /// Where the service wants it instead of SHA-256.
    let md5: [UInt8]?

    /// Something small.
    init(_ bytes: [UInt8], checksum: S3Location.Checksum) {
        var buffer = S3PayloadBuffer(checksum: checksum)
        _ = buffer.append(bytes, upTo: bytes.count)
        self = buffer.take()
    }

    fileprivate init(pieces: [[UInt8]], count: Int, digest: ContentDigest) {
        self.pieces = pieces
        self.count = count
        sha256 = digest.sha256
        md5 = digest.md5
    }

    /// The field that has the service compare what it received with what was sent. The signed hash of the payload does
    /// so too, but not every service looks at it.
    var checksumHeader: (name: String, value: String) {
        if let md5 { return ("Content-MD5", Base64.encode(md5)) }
        return ("x-amz-checksum-sha256", Base64.encode(sha256))
    }
}

/// A payload that is being collected.
struct S3PayloadBuffer: ~Copyable, Sendable {
    private(set) var count = 0
    private var pieces: [[UInt8]] = []
    private var hasher: ContentHasher

    init(checksum: S3Location.Checksum) { hasher = ContentHasher(md5: checksum == .md5) }

    /// Takes as many of `bytes` as keep the payload within `limit`.
    /// - Returns: those that were not taken.
    mutating func append(_ bytes: [UInt8], upTo limit: Int) -> [UInt8] {
        let room = max(0, limit - count)
        let taken = bytes.count <= room ? bytes : Array(bytes[..<room])
        guard !taken.isEmpty else { return bytes }
        pieces.append(taken)
        count += taken.count
        hasher.update(taken)
        return taken.count == bytes.count ? [] : Array(bytes[taken.count...])
    }

    /// What was collected; the buffer starts over.
    mutating func take() -> S3Payload {
        let payload = S3Payload(pieces: pieces, count: count, digest: hasher.finish())
        pieces = []
        count = 0
        return payload
    }
}
