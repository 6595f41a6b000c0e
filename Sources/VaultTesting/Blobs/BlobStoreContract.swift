public import BlobStore
import Crypto
public import Testing

/// What every blob store must do, one rule at a time.
///
///     @Test(arguments: BlobStoreContract.rules)
///     func memory(_ rule: BlobStoreRule) async throws { try await rule.check(MemoryBlobStore()) }
public enum BlobStoreContract {
    public static let rules: [BlobStoreRule] = writingRules + readingRules + contentRules

    /// The key and context that the rules seal with.
    static let dataKey = SealingKey.random()
    static let context = Array("a context".utf8)

    static func seal(_ plain: [UInt8], suite: StreamSuite = .aes256GCM) -> SealedChunk {
        StreamSealer.sealAll(plain, key: dataKey, suite: suite, context: context)
    }

    /// Writes `plain`, sealed, as one blob.
    @discardableResult
    static func put(_ plain: [UInt8], as key: BlobKey, in store: any BlobStore) async throws -> [UInt8] {
        let sealed = seal(plain)
        let writer = try await store.writer(key)
        try await writer.append(sealed)
        let size = try await writer.finish()
        #expect(size == Int64(sealed.bytes.count))
        return sealed.bytes
    }

    static func bytes(_ count: Int) -> [UInt8] {
        Random.bytes(count)
    }
}

/// One rule of the contract; its name is the sentence that must hold.
public struct BlobStoreRule: Sendable, CustomTestStringConvertible {
    public let name: String
    private let body: @Sendable (any BlobStore) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any BlobStore) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Checks the rule on an empty store. Expectations are Swift Testing's.
    public func check(_ store: any BlobStore) async throws {
        try await body(store)
    }

    public var testDescription: String { name }
}
