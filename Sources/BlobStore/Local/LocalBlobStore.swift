import Crypto

/// Blobs as files on a local disk.
///
/// `directory/ef/cd/<key>` for finished blobs, `directory/tmp/` for those under way. A blob is written under a fresh
/// name, synced, renamed, and the directories that hold the new name are synced; a crash at any point leaves the whole
/// blob or a file in `tmp/`. Files are for their owner only. All blocking calls run on threads of the store's own:
/// two that write, so that slow syncs do not hold up readers, and two that read.
public final class LocalBlobStore: BlobStore {
    private let layout: BlobLayout
    private let writing = IOThreads(WorkerPool(threads: 2, queueLimit: 4_096))
    private let reading = IOThreads(WorkerPool(threads: 2, queueLimit: 4_096))

    /// - Parameter directory: where the blobs are; made if it is missing, its parent must exist.
    public init(directory: String) throws(BlobStoreError) {
        layout = BlobLayout(root: directory)
        try layout.make()
    }

    /// A store that is only read from: nothing is made, and a missing directory holds no blobs.
    package init(reading directory: String) {
        layout = BlobLayout(root: directory)
    }

    public func writer(_ key: BlobKey) async throws -> any BlobWriter {
        LocalBlobWriter(key, layout, writing)
    }

    public func reader(_ key: BlobKey) async throws -> any BlobReader {
        let path = layout.path(of: key)
        let (file, size) = try await reading.run { () throws(BlobStoreError) in
            guard let file = try OpenFile(reading: path) else { throw .missing(key) }
            return (file, try file.size())
        }
        return LocalBlobReader(key, file, size, reading)
    }

    public func delete(_ key: BlobKey) async throws {
        let layout = layout
        try await writing.run { () throws(BlobStoreError) in
            guard try Directory.removeFile(layout.path(of: key)) else { return }
            try Directory.sync(layout.folder(of: key))
        }
    }

    public func list(after: BlobKey?, limit: Int) async throws -> [BlobEntry] {
        let layout = layout
        return try await reading.run { () throws(BlobStoreError) in try layout.list(after: after, limit: limit) }
    }

    @discardableResult
    public func abandoned(olderThanMs age: Int64) async throws -> Int {
        let layout = layout
        return try await writing.run { () throws(BlobStoreError) in try layout.removeUnfinished(olderThan: age) }
    }

    public func statistics() async throws -> BlobStoreStatistics {
        let layout = layout
        return try await reading.run { () throws(BlobStoreError) in try Directory.space(layout.root) }
    }
}
