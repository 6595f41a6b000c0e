public import BlobStore
import Crypto

/// Where the contents of a restored vault go.
public enum ContentSink: Sendable {
    /// Files of this machine, made durable all at once at the end.
    case directory(BulkDirectory)
    /// Any store, a blob at a time.
    case store(any BlobStore)

    /// A directory of blobs that is being filled.
    public struct BulkDirectory: Sendable {
        let filling: LocalBlobFilling

        /// - Parameter path: made if it is missing, its parent must exist.
        public init(path: String) throws { filling = try LocalBlobFilling(directory: path) }
    }

    /// Stores one content. What `feed` fails with undoes it, or leaves what the next try replaces.
    func put(_ key: BlobKey, _ feed: (_ take: ([UInt8]) async throws -> Void) async throws -> Void) async throws {
        switch self {
        case .directory(let directory):
            let file = try await directory.filling.file(key)
            try await feed { try await file.append($0) }
        case .store(let store):
            let writer = try await store.writer(key)
            do {
                try await feed { try await writer.append(SealedChunk(alreadySealed: $0)) }
                _ = try await writer.finish()
            } catch {
                await writer.cancel()
                throw error
            }
        }
    }

    /// Makes durable what was put.
    func finish() async throws {
        if case .directory(let directory) = self { try await directory.filling.finish() }
    }
}
