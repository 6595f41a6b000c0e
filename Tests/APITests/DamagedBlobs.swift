import BlobStore
import Synchronization

/// Blobs in memory of which a test may damage one bit.
final class DamagedBlobs: BlobStore {
    private let whole = MemoryBlobStore()
    private let damage = Mutex<[BlobKey: Int64]>([:])

    /// From now on the bit is read wrongly.
    func damage(_ key: BlobKey, at offset: Int) { damage.withLock { $0[key] = Int64(offset) } }

    func writer(_ key: BlobKey) async throws -> any BlobWriter { try await whole.writer(key) }
    func delete(_ key: BlobKey) async throws { try await whole.delete(key) }
    func list(after: BlobKey?, limit: Int) async throws -> [BlobEntry] {
        try await whole.list(after: after, limit: limit)
    }
    func abandoned(olderThanMs age: Int64) async throws -> Int { try await whole.abandoned(olderThanMs: age) }
    func statistics() async throws -> BlobStoreStatistics { try await whole.statistics() }

    func reader(_ key: BlobKey) async throws -> any BlobReader {
        let reader = try await whole.reader(key)
        guard let offset = damage.withLock({ $0[key] }) else { return reader }
        return Reader(whole: reader, offset: offset)
    }

    private struct Reader: BlobReader {
        let whole: any BlobReader
        let offset: Int64
        var key: BlobKey { whole.key }
        var sealedSize: Int64 { whole.sealedSize }

        func readNow(at start: Int64, into buffer: inout MutableRawSpan) throws -> Int? {
            // As if it had to come from the disk.
            nil
        }

        func read(at start: Int64, count: Int) async throws -> [UInt8] {
            var bytes = try await whole.read(at: start, count: count)
            if (start..<start + Int64(bytes.count)).contains(offset) { bytes[Int(offset - start)] ^= 1 }
            return bytes
        }
    }
}
