public import Crypto
import Synchronization

/// The plain bytes of one content, at any offset. What downloads read from.
///
/// Chunks that lie wholly in what was asked for are opened straight into the caller's memory; a chunk asked for in
/// part is opened once and kept for the next call. Memory: at most 256 KiB, and 1 MiB while ``prepare(at:)`` has brought
/// in what was not in memory. May be shared between tasks, which then take turns.
public final class ContentReader: Sendable {
    /// Bytes of plain content.
    public let size: Int64

    private let blob: BlobKey
    private let source: SealedSource
    private let opener: StreamOpener
    private let state = Mutex(State())

    /// Chunks read and opened at a time: 256 KiB.
    private static let chunksAtOnce = 16
    /// The header, and all of an empty content.
    private static let startSize = StreamFormat.headerSize + StreamFormat.tagSize
    /// Chunks that `prepare` brings in: 1 MiB wherever it begins, which is one chunk more than fits.
    private static let chunksAhead = 65

    private struct State: Sendable {
        /// Sealed bytes on their way to the opener; made at the first use and kept.
        var scratch: [UInt8] = []
        /// What `prepare` brought in.
        var window: SealedWindow?
        /// The chunk that was last asked for in part.
        var partial: (chunk: Int64, plain: [UInt8])?
    }

    /// For a blob of a store.
    /// - Throws: `BlobStoreError.tampered` if the blob was not sealed with this key and context or has an impossible
    ///   size; what the store throws.
    public convenience init(
        reader: any BlobReader, key: SealingKey, suite: StreamSuite, context: [UInt8]
    ) async throws {
        let start: [UInt8]
        if let now = try reader.readNow(at: 0, count: Self.startSize) {
            start = now
        } else {
            start = try await reader.read(at: 0, count: Self.startSize)
        }
        try self.init(.blob(reader), reader.key, start, key, suite, context)
    }

    /// For sealed bytes that rest in the database.
    /// - Parameter blob: named in errors.
    /// - Throws: `BlobStoreError.tampered` as above.
    public convenience init(
        inline: [UInt8], blob: BlobKey = BlobKey(0), key: SealingKey, suite: StreamSuite, context: [UInt8]
    ) throws {
        try self.init(.inline(inline), blob, inline, key, suite, context)
    }

    private init(
        _ source: SealedSource, _ blob: BlobKey, _ start: [UInt8], _ key: SealingKey, _ suite: StreamSuite,
        _ context: [UInt8]
    ) throws {
        do {
            opener = try StreamOpener(
                key: key, suite: suite, context: context, header: start, sealedSize: source.size)
            // The end of a content is proven by its last chunk, which nobody will ask for if there is nothing in it.
            if opener.plainSize == 0 {
                _ = try opener.open(Array(start[StreamFormat.headerSize...]), firstChunk: 0)
            }
        } catch CryptoError.openFailed {
            throw BlobStoreError.tampered(blob)
        }
        self.source = source
        self.blob = blob
        size = opener.plainSize
    }

    /// Fills `output` with the plain bytes from `position` on. Never blocks on a disk.
    /// - Returns: how many bytes were written: fewer than there is room for at the end of the content, or where the
    ///   next are not in memory; 0 at the end; nil when there are none without waiting: call ``prepare(at:)`` first.
    /// - Throws: `BlobStoreError.tampered` if the bytes are not those that were sealed; nothing of the chunk is given out.
    public func readNow(at position: Int64, into output: inout MutableRawSpan) throws -> Int? {
        guard position >= 0, position < size else { return 0 }
        let wanted = Int(min(Int64(output.byteCount), size - position))
        return try state.withLock { state in
            var written = 0
            while written < wanted {
                let now = position + Int64(written)
                let count = try step(at: now, upTo: wanted - written, &state, &output, written)
                guard let count else { return written > 0 ? written : nil }
                written += count
            }
            return written
        }
    }

    /// Brings the next window, at most 1 MiB from `position` on, into memory.
    public func prepare(at position: Int64) async throws {
        guard position >= 0, position < size else { return }
        let first = StreamFormat.chunk(ofPlain: position)
        if state.withLock({ $0.window?.holds(first) ?? false }) { return }
        let offset = StreamFormat.sealedOffset(ofChunk: first)
        let rest = source.size - offset
        let ahead = Int64(Self.chunksAhead * StreamFormat.sealedChunkSize)
        // An empty last chunk comes along with the one before it.
        let wanted = Int(rest <= ahead + Int64(StreamFormat.tagSize) ? rest : ahead)
        let bytes = try await source.read(at: offset, count: wanted)
        guard bytes.count == wanted else { throw BlobStoreError.tampered(blob) }
        state.withLock { $0.window = SealedWindow(firstChunk: first, bytes: bytes) }
    }

    /// The `count` plain bytes from `position` on; fewer at the end of the content.
    public func read(at position: Int64, count: Int) async throws -> [UInt8] {
        guard position >= 0, position < size else { return [] }
        var plain = [UInt8](repeating: 0, count: Int(min(Int64(count), size - position)))
        var done = 0
        while done < plain.count {
            let filled = try plain.withMutableBytes(of: done..<plain.count) { rest in
                try readNow(at: position + Int64(done), into: &rest)
            }
            if let filled { done += filled } else { try await prepare(at: position + Int64(done)) }
        }
        return plain
    }

    /// All of the content.
    /// - Parameter limit: the most bytes to take into memory.
    /// - Throws: `BlobStoreError.unavailable` if the content is larger.
    public func readAll(limit: Int) async throws -> [UInt8] {
        guard size <= limit else { throw BlobStoreError.unavailable("the content is larger than \(limit) bytes") }
        var plain = [UInt8](repeating: 0, count: Int(size))
        var position = 0
        while position < plain.count {
            let count = try plain.withMutableBytes(of: position..<plain.count) { rest in
                try readNow(at: Int64(position), into: &rest)
            }
            if let count { position += count } else { try await prepare(at: Int64(position)) }
        }
        return plain
    }
}

/// How a reading goes on by one run of chunks.
extension ContentReader {
    /// Writes the next bytes behind the `written` first ones of `output`; nil when they are not in memory.
    private func step(
        at position: Int64, upTo limit: Int, _ state: inout State, _ output: inout MutableRawSpan, _ written: Int
    ) throws -> Int? {
        let chunk = StreamFormat.chunk(ofPlain: position)
        let skipped = Int(position - chunk * Int64(StreamFormat.chunkSize))
        let run = skipped == 0 ? chunks(from: chunk, fitting: limit) : 0
        guard run > 0 else {
            guard try loadPartial(chunk, &state), let plain = state.partial?.plain else { return nil }
            let count = min(limit, plain.count - skipped)
            output.copy(plain.span.extracting(skipped..<skipped + count), at: written)
            return count
        }
        return try withSealed(chunk, count: run, &state) { sealed in
            try opening { () throws(CryptoError) in
                try opener.open(sealed, firstChunk: chunk, into: &output, at: written)
            }
        }
    }

    /// How many whole chunks from `chunk` on have room in `limit` bytes; the content's last is one of them if it has.
    private func chunks(from chunk: Int64, fitting limit: Int) -> Int {
        let fullChunks = opener.chunkCount - 1 - chunk
        let full = Int(min(fullChunks, Int64(min(limit / StreamFormat.chunkSize, Self.chunksAtOnce))))
        let lastFits = limit - full * StreamFormat.chunkSize >= Int(size % Int64(StreamFormat.chunkSize))
        return Int64(full) == fullChunks && lastFits ? full + 1 : full
    }

    /// Whether the last chunk is an empty one, which is opened together with the one before it.
    private var endsEmpty: Bool { size % Int64(StreamFormat.chunkSize) == 0 }

    /// Opens `chunk` into `state.partial`; false when it is not in memory.
    private func loadPartial(_ chunk: Int64, _ state: inout State) throws -> Bool {
        if let partial = state.partial, partial.chunk == chunk { return true }
        var plain = state.partial.take()?.plain ?? []
        let size = Int(min(Int64(StreamFormat.chunkSize), size - chunk * Int64(StreamFormat.chunkSize)))
        if plain.count != size { plain = [UInt8](repeating: 0, count: size) }
        let count = endsEmpty && chunk == opener.chunkCount - 2 ? 2 : 1
        let opened = try withSealed(chunk, count: count, &state) { sealed in
            try plain.withMutableBytes { bytes in
                try opening { () throws(CryptoError) in try opener.open(sealed, firstChunk: chunk, into: &bytes) }
            }
        }
        guard opened != nil else { return false }
        state.partial = (chunk, plain)
        return true
    }

    /// Lends the sealed bytes of at most `count` (at least one) whole chunks; nil when not even one is in memory.
    private func withSealed(
        _ chunk: Int64, count: Int, _ state: inout State, _ body: (Span<UInt8>) throws -> Int
    ) throws -> Int? {
        if let window = state.window {
            if window.holds(chunk) {
                return try body(window.bytes.span.extracting(window.range(from: chunk, count: count)))
            }
            // Read past: the next window will be another.
            state.window = nil
        }
        let offset = StreamFormat.sealedOffset(ofChunk: chunk)
        let wanted = Int(min(Int64(count * StreamFormat.sealedChunkSize), source.size - offset))
        if state.scratch.count < wanted { state.scratch = [UInt8](repeating: 0, count: wanted) }
        let read = try state.scratch.withMutableBytes(of: 0..<wanted) { room in
            try source.readNow(at: offset, into: &room)
        }
        guard let read else { return nil }
        // Nothing at all where there should be something: the blob was cut off.
        guard read > 0 else { throw BlobStoreError.tampered(blob) }
        var whole = read == wanted ? read : read - read % StreamFormat.sealedChunkSize
        if endsEmpty && offset + Int64(whole) == source.size - Int64(StreamFormat.tagSize) {
            whole -= StreamFormat.sealedChunkSize
        }
        guard whole > 0 else { return nil }
        return try body(state.scratch.span.extracting(..<whole))
    }

    /// A chunk that cannot be opened means the blob was changed.
    private func opening(_ body: () throws(CryptoError) -> Int) throws -> Int {
        do throws(CryptoError) {
            return try body()
        } catch .openFailed {
            throw BlobStoreError.tampered(blob)
        } catch {
            throw error
        }
    }
}
