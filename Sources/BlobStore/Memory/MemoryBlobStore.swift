import Crypto
import Synchronization

/// Blobs in memory: for tests.
public final class MemoryBlobStore: BlobStore {
    private let blobs = Shelf()

    public init() {}

    public func writer(_ key: BlobKey) async throws -> any BlobWriter {
        MemoryBlobWriter(key, blobs)
    }

    public func reader(_ key: BlobKey) async throws -> any BlobReader {
        guard let blob = blobs[key] else { throw BlobStoreError.missing(key) }
        return MemoryBlobReader(key: key, bytes: blob.bytes)
    }

    public func delete(_ key: BlobKey) async throws {
        blobs[key] = nil
    }

    public func list(after: BlobKey?, limit: Int) async throws -> [BlobEntry] {
        blobs.entries.filter { entry in after.map { entry.key > $0 } ?? true }
            .sorted { $0.key < $1.key }.prefix(limit).map(\.self)
    }

    /// What was never finished is gone with its writer, so there is nothing to remove.
    public func abandoned(olderThanMs age: Int64) async throws -> Int { 0 }

    public func statistics() async throws -> BlobStoreStatistics {
        BlobStoreStatistics(freeBytes: nil, totalBytes: nil)
    }

    final class Shelf: Sendable {
        struct Blob: Sendable {
            let bytes: [UInt8]
            let modified: Int64
        }

        private let blobs = Mutex<[BlobKey: Blob]>([:])

        subscript(key: BlobKey) -> Blob? {
            get { blobs.withLock { $0[key] } }
            set { blobs.withLock { $0[key] = newValue } }
        }

        var entries: [BlobEntry] {
            blobs.withLock { blobs in
                blobs.map { BlobEntry(key: $0, size: Int64($1.bytes.count), modified: $1.modified) }
            }
        }
    }
}

private final class MemoryBlobWriter: BlobWriter {
    private let key: BlobKey
    private let shelf: MemoryBlobStore.Shelf
    private let bytes = Mutex<[UInt8]?>([])

    init(_ key: BlobKey, _ shelf: MemoryBlobStore.Shelf) {
        self.key = key
        self.shelf = shelf
    }

    func append(_ chunk: SealedChunk) async throws {
        try bytes.withLock { bytes in
            guard bytes != nil else { throw BlobStoreError.unavailable("the blob is finished") }
            bytes? += chunk.bytes
        }
    }

    func finish() async throws -> Int64 {
        guard let bytes = bytes.withLock({ $0.take() }) else {
            throw BlobStoreError.unavailable("the blob is finished")
        }
        shelf[key] = MemoryBlobStore.Shelf.Blob(bytes: bytes, modified: Directory.now())
        return Int64(bytes.count)
    }

    func cancel() async {
        bytes.withLock { $0 = nil }
    }
}

private struct MemoryBlobReader: BlobReader {
    let key: BlobKey
    let bytes: [UInt8]

    var sealedSize: Int64 { Int64(bytes.count) }

    func readNow(at offset: Int64, into buffer: inout MutableRawSpan) throws -> Int? {
        guard offset >= 0, offset < sealedSize else { return 0 }
        let count = min(buffer.byteCount, bytes.count - Int(offset))
        buffer.copy(bytes.span.extracting(Int(offset)..<Int(offset) + count), at: 0)
        return count
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        guard offset >= 0, offset < sealedSize, count > 0 else { return [] }
        return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + count)])
    }
}
