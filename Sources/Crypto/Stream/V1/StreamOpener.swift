import Synchronization

/// Opens a sealed stream of format 1 at any chunk.
///
/// Safe to share between threads; they take turns with the one cipher context.
public final class StreamOpener: Sendable {
    /// Size of the whole plaintext, by arithmetic from the sealed size. It is proven by opening the last chunk; who
    /// knows the size from elsewhere compares.
    public let plainSize: Int64
    /// Number of chunks, the last, shorter one included.
    public let chunkCount: Int64
    private let cipher: Mutex<ChunkCipher>

    /// - Parameters:
    ///   - key: the blob's data key.
    ///   - context: the one it was sealed with.
    ///   - header: the first ``StreamFormat/headerSize`` bytes of the stream (more are ignored).
    ///   - sealedSize: size of the whole sealed stream.
    /// - Throws: `.openFailed` when the commitment is not that of this key and context or no stream has this size;
    ///   `.unavailable` when the library has no memory.
    public init(
        key: SealingKey, suite: StreamSuite, context: [UInt8], header: [UInt8], sealedSize: Int64
    ) throws(CryptoError) {
        plainSize = try StreamFormat.plainSize(sealed: sealedSize, suite: suite)
        chunkCount = plainSize / Int64(StreamFormat.chunkSize) + 1
        cipher = Mutex(try Self.cipher(key: key, suite: suite, context: context, header: header.span))
    }

    /// Opens whole chunks into `output`, from `offset` on.
    ///
    /// - Parameters:
    ///   - sealed: one or more whole sealed chunks; only the stream's last is shorter.
    ///   - firstChunk: the number of the first of them.
    ///   - output: has room, from `offset` on, for the plaintext: ``StreamFormat/tagSize`` bytes less per chunk than
    ///     `sealed` has.
    /// - Returns: the number of plaintext bytes written.
    /// - Throws: `.openFailed`, with the written part of `output` zeroed, when anything does not fit.
    public func open(
        _ sealed: Span<UInt8>, firstChunk: Int64, into output: inout MutableRawSpan, at offset: Int = 0
    ) throws(CryptoError) -> Int {
        let plainCount = try plainCount(sealed: sealed.count, firstChunk: firstChunk)
        precondition(offset >= 0 && output.byteCount - offset >= plainCount, "no room for the plaintext")
        let opened = cipher.withLock { cipher in
            Self.openChunks(sealed, firstChunk: firstChunk, with: &cipher, into: &output, at: offset)
        }
        guard opened else { throw CryptoError.openFailed }
        return plainCount
    }

    /// The same from an array.
    public func open(
        _ sealed: [UInt8], firstChunk: Int64, into output: inout MutableRawSpan, at offset: Int = 0
    ) throws(CryptoError) -> Int {
        try open(sealed.span, firstChunk: firstChunk, into: &output, at: offset)
    }

    /// The same into an array of its own.
    public func open(_ sealed: [UInt8], firstChunk: Int64) throws(CryptoError) -> [UInt8] {
        var plain = [UInt8](repeating: 0, count: try plainCount(sealed: sealed.count, firstChunk: firstChunk))
        _ = try plain.withMutableBytes { (output: inout MutableRawSpan) throws(CryptoError) in
            try open(sealed.span, firstChunk: firstChunk, into: &output)
        }
        return plain
    }

    /// Opens a whole sealed stream that is in memory.
    ///
    /// - Throws: `.openFailed` when anything does not fit; `.unavailable` when the library has no memory.
    public static func openAll(
        _ sealed: [UInt8], key: SealingKey, suite: StreamSuite, context: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let size = try StreamFormat.plainSize(sealed: Int64(sealed.count), suite: suite)
        var cipher = try cipher(key: key, suite: suite, context: context, header: sealed.span)
        var plain = [UInt8](repeating: 0, count: Int(size))
        let chunks = sealed.span.extracting(StreamFormat.headerSize...)
        let opened = plain.withMutableBytes { openChunks(chunks, firstChunk: 0, with: &cipher, into: &$0, at: 0) }
        guard opened else { throw CryptoError.openFailed }
        return plain
    }

    /// Derives the stream's keys and checks the commitment before anything is opened with them.
    private static func cipher(
        key: SealingKey, suite: StreamSuite, context: [UInt8], header: Span<UInt8>
    ) throws(CryptoError) -> ChunkCipher {
        guard header.count >= StreamFormat.headerSize else { throw CryptoError.openFailed }
        let salt = header.extracting(..<StreamFormat.saltSize)
        let keys = StreamKeys(key, suite: suite, salt: salt, context: context)
        let committed = keys.withCommitment {
            constantTimeEqual($0, header.extracting(StreamFormat.saltSize..<StreamFormat.headerSize))
        }
        guard committed else { throw CryptoError.openFailed }
        return try keys.cipher(for: .opening)
    }

    /// How many plaintext bytes `count` sealed bytes from chunk `firstChunk` on are, if they are whole chunks of
    /// this stream.
    private func plainCount(sealed count: Int, firstChunk: Int64) throws(CryptoError) -> Int {
        guard firstChunk >= 0, firstChunk < chunkCount, count > 0 else { throw CryptoError.openFailed }
        let fullChunks = count / StreamFormat.sealedChunkSize
        let rest = count % StreamFormat.sealedChunkSize
        guard Int64(fullChunks) < chunkCount - firstChunk || rest == 0 else { throw CryptoError.openFailed }
        let next = firstChunk + Int64(fullChunks)
        if rest == 0 {
            // All full chunks: none of them may be the last, which is never full.
            guard next < chunkCount else { throw CryptoError.openFailed }
            return fullChunks * StreamFormat.chunkSize
        }
        let lastSize = Int(plainSize % Int64(StreamFormat.chunkSize)) + StreamFormat.tagSize
        guard next == chunkCount - 1, rest == lastSize else { throw CryptoError.openFailed }
        return fullChunks * StreamFormat.chunkSize + rest - StreamFormat.tagSize
    }

    /// Opens chunk after chunk; on failure zeroes what was written and answers false.
    private static func openChunks(
        _ sealed: Span<UInt8>, firstChunk: Int64, with cipher: inout ChunkCipher, into output: inout MutableRawSpan,
        at offset: Int
    ) -> Bool {
        var chunk = UInt64(firstChunk)
        var position = 0
        var written = offset
        while position < sealed.count {
            let end = min(position + StreamFormat.sealedChunkSize, sealed.count)
            guard cipher.open(sealed.extracting(position..<end), chunk: chunk, into: &output, at: written) else {
                output.zero(offset..<written)
                return false
            }
            written += end - position - StreamFormat.tagSize
            position = end
            chunk += 1
        }
        return true
    }
}
