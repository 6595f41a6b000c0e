import Crypto
import Outbound
import Testing
import VaultTesting

@testable import BlobStore

/// On a real service, each in a prefix of its own.
@Suite(.enabled("no S3 service: run through scripts/with-seaweedfs") { TestS3.location != nil })
struct S3ServiceTests {
    private func store(
        _ location: S3Location? = nil, _ credentials: AWSCredentials? = nil, now: (@Sendable () -> Int64)? = nil
    ) throws -> S3BlobStore {
        var settings = S3BlobStore.Settings()
        if let now { settings.now = now }
        return try S3BlobStore(
            location ?? TestS3.freshLocation(), credentials: credentials ?? TestS3.credentials(), settings: settings)
    }

    private func key(_ id: String, _ secret: String) throws -> AWSCredentials {
        try AWSCredentials(accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)))
    }

    @Test func aBucketThatIsSetUpRightPassesTheCheck() async throws {
        let store = try store()
        try await store.check()
        #expect(try await store.list(after: nil, limit: 10).isEmpty)
        #expect(try await store.statistics() == BlobStoreStatistics(freeBytes: nil, totalBytes: nil))
    }

    @Test func aLargeBlobComesBackWhole() async throws {
        let store = try store()
        let dataKey = SealingKey.random()
        let sealer = try StreamSealer(key: dataKey, suite: .aes256GCM, context: [])
        let piece = Random.bytes(1_000_000)
        var hash = ContentHasher(md5: false)
        let writer = try await store.writer(BlobKey(1))
        for _ in 0..<42 {
            hash.update(piece)
            try await writer.append(sealer.seal(piece))
        }
        try await writer.append(sealer.finish())
        #expect(try await writer.finish() == StreamFormat.sealedSize(plain: 42_000_000))

        let content = try await ContentReader(
            reader: store.reader(BlobKey(1)), key: dataKey, suite: .aes256GCM, context: [])
        let sent = hash.finish()
        var position: Int64 = 0
        while position < content.size {
            let part = try await content.read(at: position, count: 700_000)
            hash.update(part)
            position += Int64(part.count)
        }
        #expect(hash.finish() == sent)

        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let offset = Int.random(in: 0..<42_000_000, using: &generator)
            let count = Int.random(in: 1...100_000, using: &generator)
            let expected = (offset..<min(42_000_000, offset + count)).map { piece[$0 % 1_000_000] }
            #expect(try await content.read(at: Int64(offset), count: count) == expected, "seed \(seed)")
        }
        #expect(try await store.abandoned(olderThanMs: 0) == 0)
    }

    @Test func anUploadThatIsGivenUpLeavesNothing() async throws {
        let store = try store()
        let writer = try await store.writer(BlobKey(1))
        for _ in 0..<3 { try await writer.append(S3Pieces.sealed(9_000_000)) }
        await writer.cancel()
        #expect(try await store.abandoned(olderThanMs: 0) == 0)
        #expect(try await store.list(after: nil, limit: 10).isEmpty)
    }

    @Test func anUploadThatNobodyGoesOnWithIsCollected() async throws {
        let location = try TestS3.freshLocation()
        let store = try store(location)
        let writer = try await store.writer(BlobKey(1))
        for _ in 0..<3 { try await writer.append(S3Pieces.sealed(9_000_000)) }
        // A day is longer than this one has rested.
        #expect(try await store.abandoned(olderThanMs: 86_400_000) == 0)
        let later = try self.store(location, now: { [now = S3BlobStore.Settings().now] in now() + 60_000 })
        #expect(try await later.abandoned(olderThanMs: 30_000) == 1)
        #expect(try await later.abandoned(olderThanMs: 30_000) == 0)
        await #expect(throws: BlobStoreError.self) { try await writer.finish() }
        #expect(try await store.list(after: nil, limit: 10).isEmpty)
    }

    @Test func anotherPrefixSeesNothingOfThisOne() async throws {
        let one = try TestS3.freshLocation()
        let store = try store(one)
        _ = try await S3Pieces.put(1_000, as: BlobKey(1), in: store)
        let other = try self.store()
        #expect(try await other.list(after: nil, limit: 10).isEmpty)
        await #expect(throws: BlobStoreError.missing(BlobKey(1))) { try await other.reader(BlobKey(1)) }
        try await other.delete(BlobKey(1))
        #expect(try await store.list(after: nil, limit: 10).map(\.key) == [BlobKey(1)])
    }

    @Test func aBucketThatDoesNotExistIsSaid() async throws {
        let location = try #require(TestS3.location)
        let store = try store(S3Location.parse("s3://no-such-bucket?endpoint=http://\(location.authority)"))
        let said = await S3Pieces.refusal { try await store.check() }
        #expect(said?.contains("no-such-bucket does not exist") == true, "\(said ?? "nothing")")
        #expect(await S3Pieces.refusal { _ = try await store.statistics() } == said)
    }

    @Test func anUnknownKeyAndAWrongSecretAreSaid() async throws {
        let unknown = try store(nil, key("NOBODY", "x"))
        let one = await S3Pieces.refusal { try await unknown.check() }
        #expect(one?.contains("does not know the access key NOBODY") == true, "\(one ?? "nothing")")
        let wrong = try store(nil, key(TestS3.credentials().accessKeyID, "guessed"))
        let other = await S3Pieces.refusal { try await wrong.check() }
        #expect(other?.contains("the secret key is wrong") == true, "\(other ?? "nothing")")
    }

    @Test func aKeyThatMayNotWriteIsSaid() async throws {
        let store = try store(nil, TestS3.readerCredentials())
        let said = await S3Pieces.refusal { try await store.check() }
        #expect(said?.contains("may not do this") == true, "\(said ?? "nothing")")
    }

    @Test func aClockThatIsAnHourOffIsSaid() async throws {
        let now = S3BlobStore.Settings().now
        let store = try store(nil, nil, now: { now() - 3_600_000 })
        let said = await S3Pieces.refusal { try await store.check() }
        #expect(said?.contains("s behind; set it by NTP") == true, "\(said ?? "nothing")")
    }

}
