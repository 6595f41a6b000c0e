import Crypto
import Testing
import VaultTesting

@testable import BlobStore

@Suite struct S3ReadingTests {
    private let key = SealingKey.random()

    private func content(_ count: Int, in store: any BlobStore) async throws -> (plain: [UInt8], reader: ContentReader)
    {
        let plain = Random.bytes(count)
        let writer = try await store.writer(BlobKey(1))
        try await writer.append(StreamSealer.sealAll(plain, key: key, suite: .aes256GCM, context: []))
        _ = try await writer.finish()
        let reader = try await ContentReader(
            reader: store.reader(BlobKey(1)), key: key, suite: .aes256GCM, context: [])
        return (plain, reader)
    }

    private func reads(_ service: FakeS3) -> [String] {
        service.server.requests.filter { $0.method == "GET" }.compactMap { $0.headers["range"] }
    }

    @Test func aSmallContentCostsOneRequest() async throws {
        let service = try FakeS3()
        for size in [0, 1, 100_000, 240_000] {
            let before = reads(service).count
            let (plain, reader) = try await content(size, in: service.store())
            #expect(try await reader.readAll(limit: .max) == plain)
            #expect(reads(service).count - before == 1)
        }
    }

    /// One beginning, then whole windows, each asked for once.
    @Test func aLargeContentIsReadInWindows() async throws {
        let service = try FakeS3()
        let (plain, reader) = try await content(10 << 20, in: service.store())
        #expect(try await reader.readAll(limit: .max) == plain)
        let ranges = reads(service)
        #expect(ranges.count == 11)
        #expect(Set(ranges).count == ranges.count)
    }

    @Test func readingAtRandomCostsOneRequestEach() async throws {
        let service = try FakeS3()
        let (plain, reader) = try await content(20 << 20, in: service.store())
        for megabyte in [15, 3, 9, 18, 6] {
            let before = reads(service).count
            let position = megabyte << 20
            #expect(
                try await reader.read(at: Int64(position), count: 10_000) == Array(plain[position..<position + 10_000]))
            #expect(reads(service).count - before == 1)
        }
    }

    @Test func whatCouldNotBeLoadedAheadIsAskedForAgain() async throws {
        // Every window fails as often as it is tried, but for the tries of whoever waits for it.
        let service = try FakeS3 { request, earlier in
            request.method == "GET" && earlier < 4 && request.headers["if-match"] != nil
                ? FakeS3.error(503, "SlowDown") : nil
        }
        let (plain, reader) = try await content(3 << 20, in: service.store())
        #expect(try await reader.readAll(limit: .max) == plain)
    }

    @Test func anObjectThatWasReplacedIsNotMixed() async throws {
        let service = try FakeS3()
        let store = try service.store()
        let bytes = try await S3Pieces.put(2_000_000, as: BlobKey(1), in: store)
        let reader = try await store.reader(BlobKey(1))
        service.put(bytes, as: BlobKey(1).objectName)
        await #expect(throws: BlobStoreError.tampered(BlobKey(1))) { try await reader.read(at: 1_500_000, count: 10) }
    }

    @Test func anObjectThatWasDeletedIsMissingBeyondWhatIsInMemory() async throws {
        let service = try FakeS3()
        let store = try service.store()
        let bytes = try await S3Pieces.put(2_000_000, as: BlobKey(1), in: store)
        let reader = try await store.reader(BlobKey(1))
        try await store.delete(BlobKey(1))
        #expect(try await reader.read(at: 100, count: 1_000) == Array(bytes[100..<1_100]))
        await #expect(throws: BlobStoreError.missing(BlobKey(1))) { try await reader.read(at: 1_500_000, count: 10) }
    }

    @Test func anEmptyObjectIsABlobWithoutBytes() async throws {
        let service = try FakeS3()
        service.put([], as: BlobKey(1).objectName)
        let reader = try await service.store().reader(BlobKey(1))
        #expect(reader.sealedSize == 0)
        #expect(try await reader.read(at: 0, count: 10) == [])
    }

    /// Range answers that are wrong in every way we know of.
    @Test(arguments: [
        (206, "bytes 0-99/200", 100), (206, "bytes 1-200/1000000", 200), (206, "bytes 0-999/1000000", 999),
        (206, "bytes 0-9/1000000", 10), (206, "bytes 9-0/10", 10), (206, "bytes 0-9/5", 10), (206, "bytes 0-9/*", 10),
        (206, "bytes 0-9/99999999999999999999", 10), (206, "0-9/10", 10), (206, "", 10), (206, "bytes -1-9/10", 10),
    ])
    func aRangeThatWasNotAskedForIsRefused(_ status: Int, _ range: String, _ count: Int) async throws {
        let service = try FakeS3 { request, _ in
            guard request.method == "GET" else { return nil }
            return .response(status, [("Content-Range", range)], [UInt8](repeating: 1, count: count))
        }
        let store = try service.store()
        #expect(await S3Pieces.unavailable { _ = try await store.reader(BlobKey(1)) } != nil)
    }

    @Test(arguments: [(206, 0), (206, 1), (200, 0)])
    func aLaterRangeMustBeTheOneAskedForToo(_ status: Int, _ shift: Int) async throws {
        let service = try FakeS3 { request, _ in
            guard request.headers["if-match"] != nil, let range = request.headers["range"] else { return nil }
            let ends = range.dropFirst(6).split(separator: "-").compactMap { Int($0) }
            let wrong = "bytes \(ends[0] + shift)-\(ends[1] + shift)/\(shift == 0 ? 7_000_000 : 2_001_976)"
            return .response(status, [("Content-Range", wrong)], [UInt8](repeating: 1, count: ends[1] - ends[0] + 1))
        }
        let store = try service.store()
        _ = try await S3Pieces.put(2_000_000, as: BlobKey(1), in: store)
        let reader = try await store.reader(BlobKey(1))
        #expect(await S3Pieces.unavailable { _ = try await reader.read(at: 1_000_000, count: 1_000) } != nil)
    }

    @Test func manyReadersOfOneObjectAtRandomGetWhatIsThere() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        let service = try FakeS3()
        let store = try service.store()
        let bytes = try await S3Pieces.put(6_000_000, as: BlobKey(1), in: store)
        let reader = try await store.reader(BlobKey(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(task))
                    for _ in 0..<40 {
                        let offset = Int.random(in: 0..<bytes.count, using: &generator)
                        let count = Int.random(in: 1...1_500_000, using: &generator)
                        let expected = Array(bytes[offset..<min(bytes.count, offset + count)])
                        #expect(try await reader.read(at: Int64(offset), count: count) == expected, "seed \(seed)")
                        if let now = try reader.readNow(at: Int64(offset), count: count) {
                            #expect(now == expected, "seed \(seed)")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

extension BlobKey {
    /// In a `FakeS3`.
    var objectName: String { "p/\(path)" }
}
