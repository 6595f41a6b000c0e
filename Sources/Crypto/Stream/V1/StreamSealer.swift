/// Seals a stream of bytes as it comes, in blob stream format 1.
///
/// The concatenation of what ``seal(_:)`` returns and of ``finish()`` is the sealed stream. Memory: less than one
/// chunk is kept back. One key and context may seal any number of streams; each draws its own salt.
public final class StreamSealer: @unchecked Sendable {
    // Sendable: used by one task at a time, which may move between threads; nothing here is shared.
    private var cipher: ChunkCipher
    private var header: [UInt8]
    private var nextChunk: UInt64 = 0
    /// The beginning of a chunk that is not full yet.
    private var pending: SecretBytes?
    private var pendingCount = 0
    private var isFinished = false

    /// - Parameters:
    ///   - key: the blob's data key.
    ///   - context: what the stream belongs to; the same must be given to open it.
    /// - Throws: `.unavailable` when the library has no memory.
    public convenience init(key: SealingKey, suite: StreamSuite, context: [UInt8]) throws(CryptoError) {
        try self.init(key: key, suite: suite, context: context, salt: Random.bytes(StreamFormat.saltSize))
    }

    /// With a salt of the caller's: for vectors only, a salt must never repeat under one key.
    init(key: SealingKey, suite: StreamSuite, context: [UInt8], salt: [UInt8]) throws(CryptoError) {
        let keys = StreamKeys(key, suite: suite, salt: salt.span, context: context)
        var header = salt
        keys.withCommitment { header.append($0) }
        self.header = header
        cipher = try keys.cipher(for: .sealing)
    }

    /// Takes the next bytes of plaintext, any number, and returns what can be stored now: the header first, then all
    /// chunks that are full.
    ///
    /// Not to be called after ``finish()``.
    public func seal(_ plain: [UInt8]) -> SealedChunk {
        seal(plain.span)
    }

    /// The same for borrowed bytes.
    public func seal(_ plain: Span<UInt8>) -> SealedChunk {
        precondition(!isFinished, "this stream is finished")
        let fullChunks = (pendingCount + plain.count) / StreamFormat.chunkSize
        let bytes = [UInt8](capacity: header.count + fullChunks * StreamFormat.sealedChunkSize) { output in
            emitHeader(into: &output)
            var position = 0
            if pendingCount > 0 {
                position = min(plain.count, StreamFormat.chunkSize - pendingCount)
                keepBack(plain.extracting(..<position))
                if pendingCount == StreamFormat.chunkSize {
                    pending?.withBytes { emit($0, into: &output) }
                    pendingCount = 0
                }
            }
            while plain.count - position >= StreamFormat.chunkSize {
                emit(plain.extracting(position..<position + StreamFormat.chunkSize), into: &output)
                position += StreamFormat.chunkSize
            }
            if position < plain.count { keepBack(plain.extracting(position...)) }
        }
        return SealedChunk(bytes)
    }

    /// The end of the stream: the last chunk, shorter than the others and perhaps empty. Once, and then never again.
    public func finish() -> SealedChunk {
        precondition(!isFinished, "this stream is finished")
        isFinished = true
        let last = pending.take() ?? SecretBytes(zeroed: 0)
        let bytes = [UInt8](capacity: header.count + pendingCount + StreamFormat.tagSize) { output in
            emitHeader(into: &output)
            last.withBytes { emit($0.extracting(..<pendingCount), into: &output) }
        }
        pendingCount = 0
        return SealedChunk(bytes)
    }

    /// Seals all of `plain` in one go: the whole stream of a content that is in memory.
    ///
    /// Without memory for a cipher it stops the program, as Swift's own allocations do.
    public static func sealAll(
        _ plain: [UInt8], key: SealingKey, suite: StreamSuite, context: [UInt8]
    ) -> SealedChunk {
        let salt = Random.bytes(StreamFormat.saltSize)
        let keys = StreamKeys(key, suite: suite, salt: salt.span, context: context)
        var cipher = keys.sealingCipher()
        let size = Int(StreamFormat.sealedSize(plain: Int64(plain.count)))
        let bytes = [UInt8](capacity: size) { output in
            output.append(copying: salt.span)
            keys.withCommitment { output.append(copying: $0) }
            let span = plain.span
            var position = 0
            var chunk: UInt64 = 0
            while true {
                // Ends with the first chunk that is not full, even if it is empty.
                let count = min(StreamFormat.chunkSize, span.count - position)
                cipher.seal(span.extracting(position..<position + count), chunk: chunk, into: &output)
                position += count
                chunk += 1
                if count < StreamFormat.chunkSize { break }
            }
        }
        return SealedChunk(bytes)
    }

    private func emitHeader(into output: inout OutputSpan<UInt8>) {
        guard !header.isEmpty else { return }
        output.append(copying: header.span)
        header = []
    }

    private func emit(_ plain: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        precondition(nextChunk < UInt64(StreamFormat.maximumChunks), "4 PiB is the end of a stream")
        cipher.seal(plain, chunk: nextChunk, into: &output)
        nextChunk += 1
    }

    private func keepBack(_ plain: Span<UInt8>) {
        if pending == nil { pending = SecretBytes(zeroed: StreamFormat.chunkSize) }
        let start = pendingCount
        pending?.withMutableBytes { $0.copy(plain, at: start) }
        pendingCount += plain.count
    }
}
