import Crypto
import Testing
import VaultTesting

@testable import BlobStore

@Suite struct ContentReaderTests {
    private let key = SealingKey.random()
    private let context: [UInt8] = [1, 2, 3]

    private func seal(_ plain: [UInt8]) -> SealedChunk {
        StreamSealer.sealAll(plain, key: key, suite: .aes256GCM, context: context)
    }

    private func open(_ store: any BlobStore, _ blob: BlobKey) async throws -> ContentReader {
        try await ContentReader(reader: store.reader(blob), key: key, suite: .aes256GCM, context: context)
    }

    private func store(_ plain: [UInt8], as blob: BlobKey, in store: any BlobStore) async throws {
        let writer = try await store.writer(blob)
        try await writer.append(seal(plain))
        _ = try await writer.finish()
    }

    private func bytes(_ count: Int) -> [UInt8] {
        Random.bytes(count)
    }

    /// Salt, commitment, first, middle and last byte of chunks, tags.
    @Test(arguments: [0, 23, 24, 55, 56, 57, 16_439, 16_440, 16_455, 16_456, 30_000, 32_872, 32_873, 32_888])
    func aFlippedBitIsToldAndNothingOfItsChunkIsGivenOut(_ offset: Int64) async throws {
        let store = FaultyBlobStore(MemoryBlobStore())
        try await self.store(bytes(32_801), as: BlobKey(1), in: store)
        store.flipBit(of: BlobKey(1), at: offset)
        await #expect(throws: BlobStoreError.tampered(BlobKey(1))) {
            try await open(store, BlobKey(1)).readAll(limit: .max)
        }
    }

    @Test func theOtherChunksOfATamperedBlobAreStillReadable() async throws {
        let store = FaultyBlobStore(MemoryBlobStore())
        let plain = bytes(60_000)
        try await self.store(plain, as: BlobKey(1), in: store)
        store.flipBit(of: BlobKey(1), at: 56 + 16_400 + 5)
        let content = try await open(store, BlobKey(1))
        #expect(try await content.bytes(at: 0, room: 16_384) == Array(plain[..<16_384]))
        #expect(try await content.bytes(at: 40_000, room: 20_000) == Array(plain[40_000...]))
        for position in [16_384, 20_000, 32_767] {
            await #expect(throws: BlobStoreError.tampered(BlobKey(1))) {
                try await content.bytes(at: position, room: 1)
            }
        }
    }

    /// At every boundary, one byte before it and one behind; also where what is left looks like a shorter content.
    @Test(arguments: [32_768, 32_769, 40_000, 16_384, 5], [1_048_576 + 16_384])
    func aBlobCutOffAnywhereIsTold(_ size: Int, _ large: Int) async throws {
        for size in [size, large] {
            let store = FaultyBlobStore(MemoryBlobStore())
            try await self.store(bytes(size), as: BlobKey(1), in: store)
            let sealedSize = StreamFormat.sealedSize(plain: Int64(size))
            var cuts: Set<Int64> = [
                0, 1, 55, 56, 57, 71, 72, 73, sealedSize - 1, sealedSize - 15, sealedSize - 16, sealedSize - 17,
            ]
            for chunk in 0..<Int64(min(size / 16_384 + 1, 4)) {
                let start = StreamFormat.sealedOffset(ofChunk: chunk)
                cuts.formUnion([start - 1, start, start + 1, start + 15, start + 16, start + 17])
            }
            for cut in cuts where cut < sealedSize {
                store.cutOff(BlobKey(1), at: cut)
                await #expect(throws: BlobStoreError.tampered(BlobKey(1)), "cut at \(cut) of \(sealedSize)") {
                    try await open(store, BlobKey(1)).readAll(limit: .max)
                }
            }
        }
    }

    /// A content whose last chunk is empty ends only where that chunk says so, however it is read.
    @Test(arguments: [1_000, 16_384, 65_536, 1 << 20])
    func aCutThatFallsOnAChunkIsNoticedWithEveryBuffer(_ room: Int) async throws {
        for memoryIsEmpty in [false, true] {
            let store = FaultyBlobStore(MemoryBlobStore())
            if memoryIsEmpty { store.keepNothingInMemory() }
            try await self.store(bytes(1_200_000), as: BlobKey(1), in: store)
            for chunks in [1, 2, 16, 17, 64, 65] {
                // Looks like whole chunks and an empty last one.
                store.cutOff(BlobKey(1), at: 56 + Int64(chunks) * 16_400 + 16)
                let content = try await open(store, BlobKey(1))
                #expect(content.size == Int64(chunks) * 16_384)
                await #expect(throws: BlobStoreError.tampered(BlobKey(1))) {
                    var position = 0
                    while position < content.size {
                        position += try await content.bytes(at: position, room: room).count
                    }
                }
            }
        }
    }

    @Test func twoContentsSwappedAreBothRefused() async throws {
        let store = FaultyBlobStore(MemoryBlobStore())
        let writer = try await store.writer(BlobKey(1))
        try await writer.append(StreamSealer.sealAll([1], key: key, suite: .aes256GCM, context: [9]))
        _ = try await writer.finish()
        try await self.store([2], as: BlobKey(2), in: store)
        store.replace(BlobKey(2), by: BlobKey(1))
        await #expect(throws: BlobStoreError.tampered(BlobKey(2))) { try await open(store, BlobKey(2)) }
    }

    @Test func aContentInTheDatabaseIsReadAtOnce() async throws {
        for size in [0, 1, 20_000, 32_768] {
            let plain = bytes(size)
            let content = try ContentReader(
                inline: seal(plain).bytes, blob: BlobKey(7), key: key, suite: .aes256GCM, context: context)
            #expect(content.size == Int64(size))
            #expect(try await content.readAll(limit: size) == plain)
        }
        #expect(throws: BlobStoreError.tampered(BlobKey(7))) {
            try ContentReader(inline: [1, 2, 3], blob: BlobKey(7), key: key, suite: .aes256GCM, context: context)
        }
    }

    @Test func aFailingDiskIsToldAndReadingCanGoOn() async throws {
        let store = FaultyBlobStore(MemoryBlobStore())
        let plain = bytes(100_000)
        try await self.store(plain, as: BlobKey(1), in: store)
        let content = try await open(store, BlobKey(1))
        store.fail(.readNow, with: .io(5))
        await #expect(throws: BlobStoreError.io(5)) { try await content.readAll(limit: .max) }
        #expect(try await content.readAll(limit: .max) == plain)
    }

    @Test func readingAtRandomGivesTheSameAsTheWholeContent() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SplitMix(state: seed)
        for memoryIsEmpty in [false, true] {
            let store = FaultyBlobStore(MemoryBlobStore())
            if memoryIsEmpty { store.keepNothingInMemory() }
            let plain = bytes(Int.random(in: 1...2_500_000, using: &generator))
            try await self.store(plain, as: BlobKey(1), in: store)
            let content = try await open(store, BlobKey(1))
            for _ in 0..<60 {
                let position = Int.random(in: 0..<plain.count, using: &generator)
                let part = try await content.bytes(at: position, room: Int.random(in: 1...400_000, using: &generator))
                #expect(part == Array(plain[position..<position + part.count]), "seed \(seed)")
                #expect(!part.isEmpty, "seed \(seed)")
            }
        }
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            let mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            return mixed ^ (mixed >> 31)
        }
    }
}
