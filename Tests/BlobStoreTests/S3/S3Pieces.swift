import BlobStore
import Crypto
import Testing
import VaultTesting

/// What the tests of the S3 store write and read.
enum S3Pieces {
    private static let key = SealingKey.random()

    /// A sealed content of about `count` bytes.
    static func sealed(_ count: Int) -> SealedChunk {
        StreamSealer.sealAll([UInt8](repeating: 7, count: count), key: key, suite: .aes256GCM, context: [])
    }

    static func put(_ count: Int, as key: BlobKey, in store: any BlobStore) async throws -> [UInt8] {
        let chunk = sealed(count)
        let writer = try await store.writer(key)
        try await writer.append(chunk)
        #expect(try await writer.finish() == Int64(chunk.bytes.count))
        return chunk.bytes
    }

    /// The words of the refusal that `body` ends in; nil when it ends otherwise.
    static func refusal(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch BlobStoreError.refused(let words) {
            return words
        } catch {
            return nil
        }
    }

    /// The words with which `body` says that the store cannot be used now; nil when it ends otherwise.
    static func unavailable(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch BlobStoreError.unavailable(let words) {
            return words
        } catch {
            return nil
        }
    }
}
