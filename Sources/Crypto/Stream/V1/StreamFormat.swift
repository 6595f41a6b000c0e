/// Sizes and offsets of blob stream format 1: C2SP chunked-encryption v1 (docs/formats/blob-stream.md).
///
/// salt (24) ‖ commitment (32) ‖ chunks. Every chunk but the last holds 16,384 bytes of plaintext, the last is always
/// shorter and may be empty; each is followed by a 16-byte tag. Both suites have the same sizes.
public enum StreamFormat {
    /// The number of this format, as recorded beside a blob.
    public static let version: UInt8 = 1
    static let saltSize = 24
    static let commitmentSize = 32
    /// Bytes before the first chunk.
    public static let headerSize = 56
    /// Plaintext bytes in every chunk but the last.
    public static let chunkSize = 16384
    /// Bytes of authentication after each chunk.
    public static let tagSize = 16
    /// Bytes a full chunk takes in the sealed stream.
    public static let sealedChunkSize = chunkSize + tagSize
    /// Most chunks a stream may have (2³⁸).
    static let maximumChunks: Int64 = 1 << 38
    /// The longest plaintext: 4 PiB less one byte.
    public static let maximumPlainSize = maximumChunks * Int64(chunkSize) - 1

    /// Size of the sealed stream of `plain` bytes.
    ///
    /// - Returns: `Int64.max` for a size that cannot be sealed, so that a comparison with a limit refuses it; the size
    ///   of an empty stream for a negative one.
    public static func sealedSize(plain: Int64, suite: StreamSuite = .aes256GCM) -> Int64 {
        guard plain <= maximumPlainSize else { return .max }
        let plain = max(plain, 0)
        return Int64(headerSize) + plain + (plain / Int64(chunkSize) + 1) * Int64(tagSize)
    }

    /// Size of the plaintext of a sealed stream of `sealed` bytes.
    ///
    /// - Throws: `.openFailed` when no plaintext has a stream of this size, as after many a truncation.
    public static func plainSize(sealed: Int64, suite: StreamSuite = .aes256GCM) throws(CryptoError) -> Int64 {
        guard sealed >= Int64(headerSize + tagSize) else { throw CryptoError.openFailed }
        let body = sealed - Int64(headerSize)
        let fullChunks = body / Int64(sealedChunkSize)
        let lastChunk = body % Int64(sealedChunkSize)
        guard lastChunk >= Int64(tagSize), fullChunks < maximumChunks else { throw CryptoError.openFailed }
        return fullChunks * Int64(chunkSize) + lastChunk - Int64(tagSize)
    }

    /// Number of the chunk that holds plaintext byte `position` (not negative).
    public static func chunk(ofPlain position: Int64) -> Int64 {
        position / Int64(chunkSize)
    }

    /// Where chunk `chunk` (not negative, below 2³⁸) begins in the sealed stream.
    public static func sealedOffset(ofChunk chunk: Int64, suite: StreamSuite = .aes256GCM) -> Int64 {
        Int64(headerSize) + chunk * Int64(sealedChunkSize)
    }

    /// Where the chunk that holds plaintext byte `position` begins in the sealed stream.
    public static func sealedOffset(ofPlain position: Int64, suite: StreamSuite = .aes256GCM) -> Int64 {
        sealedOffset(ofChunk: chunk(ofPlain: position), suite: suite)
    }
}
