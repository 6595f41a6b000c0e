import Crypto
import Synchronization

/// Fills a local store with blobs that nobody is told of before all are there: files get their names at once, and one
/// ``finish()`` makes all of them durable. For a store that is restored; what crashes in the middle begins anew.
package final class LocalBlobFilling: Sendable {
    private let layout: BlobLayout
    private let threads = IOThreads(WorkerPool(threads: 2, queueLimit: 256))
    /// Folders that are known to be there.
    private let folders = Mutex<Set<String>>([])

    /// - Parameter directory: made if it is missing, its parent must exist.
    package init(directory: String) throws(BlobStoreError) {
        layout = BlobLayout(root: directory)
        try layout.make()
    }

    /// A blob that is being filled; used by one task.
    package struct File: Sendable {
        fileprivate let file: OpenFile
        fileprivate let threads: IOThreads

        package func append(_ bytes: [UInt8]) async throws {
            try await threads.run { [file] () throws(BlobStoreError) in try file.write(bytes) }
        }
    }

    /// Begins a blob, in the place of what has its name.
    package func file(_ key: BlobKey) async throws -> File {
        let file = try await threads.run { [self] () throws(BlobStoreError) in
            try makeFolder(of: key)
            return try OpenFile(replacing: layout.path(of: key))
        }
        return File(file: file, threads: threads)
    }

    /// Makes everything durable that was filled.
    package func finish() async throws {
        let root = layout.root
        try await threads.run { () throws(BlobStoreError) in try OpenFile(directory: root).syncFileSystem() }
    }

    private func makeFolder(of key: BlobKey) throws(BlobStoreError) {
        let folder = layout.folder(of: key)
        guard !folders.withLock({ $0.contains(folder) }) else { return }
        try Directory.make("\(layout.root)/\(key.shard.0)")
        try Directory.make(folder)
        folders.withLock { _ = $0.insert(folder) }
    }
}
