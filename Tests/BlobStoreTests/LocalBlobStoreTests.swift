import Crypto
import Glibc
import Testing
import VaultTesting

@testable import BlobStore

@Suite struct LocalBlobStoreTests {
    private let key = SealingKey.random()

    private func seal(_ count: Int) -> SealedChunk {
        StreamSealer.sealAll([UInt8](repeating: 5, count: count), key: key, suite: .aes256GCM, context: [])
    }

    @Test func filesAreForTheirOwnerOnlyAndLieByTheLastBytesOfTheKey() async throws {
        let place = try Place()
        let store = try LocalBlobStore(directory: place.blobs)
        let writer = try await store.writer(BlobKey(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef))
        try await writer.append(seal(10))
        _ = try await writer.finish()
        let path = "\(place.blobs)/ef/cd/0123456789abcdef0123456789abcdef"
        #expect(place.files() == [path])
        #expect(Place.mode(path) == 0o600)
        for folder in ["", "/ef", "/ef/cd", "/tmp"] { #expect(Place.mode(place.blobs + folder) == 0o700) }
    }

    @Test func aBlobUnderWayIsInTheFolderForUnfinishedOnes() async throws {
        let place = try Place()
        let store = try LocalBlobStore(directory: place.blobs)
        let writer = try await store.writer(BlobKey(1))
        for _ in 0..<20 { try await writer.append(seal(200_000)) }
        #expect(place.files().count == 1)
        #expect(place.files().first?.hasPrefix("\(place.blobs)/tmp/") == true)
        await writer.cancel()
        #expect(place.files() == [])
    }

    @Test func whatACrashLeftIsRemovedAsAbandoned() async throws {
        let place = try Place()
        let store = try LocalBlobStore(directory: place.blobs)
        let writer = try await store.writer(BlobKey(1))
        for _ in 0..<20 { try await writer.append(seal(200_000)) }
        #expect(try await store.abandoned(olderThanMs: 3_600_000) == 0)
        #expect(place.files().count == 1)
        // As the next start of the program does, which knows that nobody is writing.
        #expect(try await store.abandoned(olderThanMs: 0) == 1)
        #expect(place.files() == [])
        await #expect(throws: BlobStoreError.self) { try await writer.finish() }
        await #expect(throws: BlobStoreError.missing(BlobKey(1))) { try await store.reader(BlobKey(1)) }
    }

    @Test func aStoreOpenedAgainHasItsBlobs() async throws {
        let place = try Place()
        let sealed = seal(100_000)
        do {
            let writer = try await LocalBlobStore(directory: place.blobs).writer(BlobKey(9))
            try await writer.append(sealed)
            _ = try await writer.finish()
        }
        let reader = try await LocalBlobStore(directory: place.blobs).reader(BlobKey(9))
        #expect(try await reader.read(at: 0, count: .max) == sealed.bytes)
    }

    @Test func filesThatAreNoBlobsAreNotListed() async throws {
        let place = try Place()
        let store = try LocalBlobStore(directory: place.blobs)
        let writer = try await store.writer(BlobKey(0x1111))
        try await writer.append(seal(1))
        _ = try await writer.finish()
        for name in ["README", "11/11/notes.txt", "11/11/0000000000000000000000000000111g"] {
            let file = open("\(place.blobs)/\(name)", O_CREAT | O_WRONLY, 0o600)
            try #require(file >= 0)
            close(file)
        }
        #expect(try await store.list(after: nil, limit: 10).map(\.key) == [BlobKey(0x1111)])
    }

    @Test func aPlaceThatCannotBeMadeIsAnError() {
        #expect(throws: BlobStoreError.self) { try LocalBlobStore(directory: "/nowhere/at/all") }
    }

    @Test func whatWasJustWrittenIsReadWithoutWaiting() async throws {
        let place = try Place()
        let store = try LocalBlobStore(directory: place.blobs)
        let sealed = seal(500_000)
        let writer = try await store.writer(BlobKey(1))
        try await writer.append(sealed)
        _ = try await writer.finish()
        let reader = try await store.reader(BlobKey(1))
        // A file system that cannot tell answers nil; the ones a server runs on can.
        if let now = try reader.readNow(at: 1_000, count: 400_000) {
            #expect(now == Array(sealed.bytes[1_000..<401_000]))
        }
    }

    /// On a real file system of two megabytes, where one may be mounted.
    @Test(.enabled("no file system can be mounted here") { SmallDisk.isAllowed })
    func aFullDiskIsToldAndLeavesRoomForWhatFits() async throws {
        let disk = try SmallDisk()
        let store = try LocalBlobStore(directory: "\(disk.path)/blobs")
        await #expect(throws: BlobStoreError.full) {
            let writer = try await store.writer(BlobKey(1))
            do {
                for _ in 0..<100 { try await writer.append(seal(100_000)) }
                _ = try await writer.finish()
            } catch {
                await writer.cancel()
                throw error
            }
        }
        // What was written of it is gone, and the store goes on.
        let writer = try await store.writer(BlobKey(2))
        for _ in 0..<10 { try await writer.append(seal(100_000)) }
        #expect(try await writer.finish() > 1_000_000)
        #expect(try await store.list(after: nil, limit: 10).map(\.key) == [BlobKey(2)])
    }
}

/// A file system of two megabytes in memory, unmounted at the end.
final class SmallDisk {
    private let place: Place
    var path: String { place.path }

    static let isAllowed: Bool = (try? SmallDisk()) != nil

    init() throws {
        place = try Place()
        try #require(mount("none", place.path, "tmpfs", 0, "size=2m") == 0)
    }

    deinit { umount2(place.path, Int32(MNT_DETACH)) }
}
