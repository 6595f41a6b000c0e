import Crypto
import Synchronization

/// Reads one object by ranges, the next one on its way while the last is used.
///
/// In memory: the window that is read from and the one behind it, 1 MiB each. Whoever reads at random pays one request
/// a reading and nothing more; whoever reads on is served from memory.
final class S3BlobReader: BlobReader {
    let key: BlobKey
    let sealedSize: Int64

    private let client: S3Client
    /// Sent along so that another object put in its place is never mixed with it.
    private let entityTag: String?
    private let state: Mutex<ReadAhead>

    /// What the first request brings: all of a small blob, little beside a large one.
    private static let firstWindow = StreamFormat.headerSize + 16 * StreamFormat.sealedChunkSize
    /// As much as a content's reader asks for at a time.
    private static let window = 65 * StreamFormat.sealedChunkSize

    private init(_ key: BlobKey, _ client: S3Client, _ first: RangeRequest.First) {
        self.key = key
        self.client = client
        entityTag = first.entityTag
        sealedSize = first.size
        state = Mutex(ReadAhead(start: first.bytes))
    }

    deinit { state.withLock { $0.pending?.task.cancel() } }

    /// Asks for the beginning, which also tells whether the blob exists and how large it is.
    /// - Throws: `BlobStoreError.missing`, among others.
    static func open(_ key: BlobKey, _ client: S3Client) async throws -> S3BlobReader {
        let request = RangeRequest(client: client, object: client.location.name(of: key))
        do {
            let first = try await request.first(firstWindow)
            return S3BlobReader(key, client, first)
        } catch {
            throw client.meaning(of: error, key: key)
        }
    }

    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int? {
        guard offset >= 0, offset < sealedSize, buffer.byteCount > 0 else { return 0 }
        return state.withLock { state in
            let count = state.copy(from: offset, into: &buffer)
            guard count > 0 else { return nil }
            readFromMemory(to: offset + Int64(count), &state)
            return count
        }
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        let wanted = Int(min(Int64(max(count, 0)), max(0, sealedSize - max(offset, 0))))
        guard offset >= 0, wanted > 0 else { return [] }
        let range = offset..<offset + Int64(wanted)
        if let bytes = fromMemory(range) { return bytes }
        if let pending = state.withLock({ $0.pending }), pending.range.overlaps(range) {
            await pending.task.value
            // It may have failed, or be less than what is wanted: then the rest is asked for, and says why.
            if let bytes = fromMemory(range) { return bytes }
        }
        return try await ask(for: range)
    }

    private func fromMemory(_ range: Range<Int64>) -> [UInt8]? {
        state.withLock { state in
            let bytes = state.beginning(of: range)
            guard bytes.count == range.count else { return nil }
            readFromMemory(to: range.upperBound, &state)
            return bytes
        }
    }

    private func ask(for range: Range<Int64>) async throws -> [UInt8] {
        let head = state.withLock { state in
            let next = state.asked(for: range, size: sealedSize, window: Self.window)
            let head = state.beginning(of: range)
            if let next { load(next, &state) }
            return head
        }
        let rest = range.lowerBound + Int64(head.count)..<range.upperBound
        guard !rest.isEmpty else { return head }
        do {
            let bytes = try await request.range(rest, of: sealedSize, entityTag: entityTag)
            return head.isEmpty ? bytes : head + bytes
        } catch S3Failure.service(let error) where error.status == 412 {
            throw BlobStoreError.tampered(key)
        } catch {
            throw client.meaning(of: error, key: key)
        }
    }

    private var request: RangeRequest { RangeRequest(client: client, object: client.location.name(of: key)) }

    private func readFromMemory(to position: Int64, _ state: inout ReadAhead) {
        if let next = state.following(position, size: sealedSize, window: Self.window) { load(next, &state) }
    }

    /// Begins to load a window. Called with the lock held, so the task cannot end before it is noted.
    private func load(_ range: Range<Int64>, _ state: inout ReadAhead) {
        let request = request
        let size = sealedSize
        let tag = entityTag
        let task = Task { [weak self] in
            let bytes = try? await request.range(range, of: size, entityTag: tag)
            self?.state.withLock { $0.loaded(range, bytes) }
        }
        state.load(range, task)
    }
}
