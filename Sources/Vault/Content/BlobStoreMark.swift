public import BlobStore
public import Crypto

/// The mark that says whose a blob store is: a blob under a reserved key that only the vault's own keys open.
///
/// The collector deletes blobs that the database does not know; pointed at another vault's store it would delete them all.
/// So a store is marked when a vault first uses it, and no vault uses a store that bears another's mark.
public enum BlobStoreMark {
    /// No content has it: the keys of contents are UUIDs of version 7.
    public static let key = BlobKey(0)

    public enum Finding: Sendable, Equatable { case ours, another, none }

    private static let text = Array("CloudSpace Vault keeps its sealed contents here.\n".utf8)
    private static let context = Array("cloudspace blob store mark".utf8)
    private static let largest = 4_096

    /// Whose mark the store bears.
    public static func find(in store: any BlobStore, for ring: KeyRing) async throws -> Finding {
        let reader: any BlobReader
        do {
            reader = try await store.reader(key)
        } catch BlobStoreError.missing {
            return .none
        }
        guard reader.sealedSize <= Int64(largest) else { return .another }
        let sealed = try await reader.read(at: 0, count: largest)
        for suite in StreamSuite.allCases {
            guard let plain = try? StreamOpener.openAll(sealed, key: sealingKey(ring), suite: suite, context: context)
            else { continue }
            return plain == text ? .ours : .another
        }
        return .another
    }

    /// Whether the store bears anybody's mark.
    public static func isThere(in store: any BlobStore) async throws -> Bool {
        do {
            _ = try await store.reader(key)
            return true
        } catch BlobStoreError.missing {
            return false
        }
    }

    /// Marks the store as this vault's.
    public static func put(into store: any BlobStore, for ring: KeyRing) async throws {
        let writer = try await store.writer(key)
        do {
            try await writer.append(
                StreamSealer.sealAll(text, key: sealingKey(ring), suite: .aes256GCM, context: context))
            _ = try await writer.finish()
        } catch {
            await writer.cancel()
            throw error
        }
    }

    private static func sealingKey(_ ring: KeyRing) -> SealingKey { ring.stableKey("cloudspace blob store mark") }
}
