import BlobStore
import Crypto
import Synchronization
import Vault

/// Collects what the volumes hold, in their order, and makes index and manifest of it when nothing else is left.
final class IndexAssembly: Sendable {
    private let seal: ArchiveSeal
    private let own: ScratchFile
    private let reused: ScratchFile
    private let threads: ScratchThread
    private let state = Mutex(State())

    private struct State: Sendable {
        var ownCount: Int64 = 0
        var builder: IndexBuilder?
        var segments: [ArchiveManifest.IndexSegment] = []
        var manifestHash: [UInt8] = []
    }

    init(_ seal: ArchiveSeal, own: ScratchFile, reused: ScratchFile, _ threads: ScratchThread) {
        self.seal = seal
        self.own = own
        self.reused = reused
        self.threads = threads
    }

    /// Records of the archive's own contents so far.
    var ownCount: Int64 { state.withLock { $0.ownCount } }
    var segments: [ArchiveManifest.IndexSegment] { state.withLock { $0.segments } }
    var manifestHash: [UInt8] { state.withLock { $0.manifestHash } }

    /// Takes the places of the next volume's contents.
    func append(_ places: [BlobPlace]) async throws {
        guard !places.isEmpty else { return }
        try await threads.run { [self] in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(places.count * BlobPlace.size)
            for place in places { place.append(to: &bytes) }
            try own.write(bytes, at: ownCount * Int64(BlobPlace.size))
            state.withLock { $0.ownCount += Int64(places.count) }
        }
    }

    /// The next segment of the index, sealed. No place is appended any more from the first one on.
    func nextSegment(_ number: Int) async throws -> [UInt8] {
        try await threads.run { [self] in
            var builder = state.withLock { $0.builder } ?? IndexBuilder(own: own, reused: reused)
            guard let segment = try builder.next() else { throw BlobStoreError.io(5) }
            let sealed = seal.seal(segment.plain, as: ArchiveNames.index(number))
            let hash = SHA256Hash.of(sealed)
            let next = builder
            state.withLock { state in
                state.builder = next
                state.segments.append(
                    ArchiveManifest.IndexSegment(
                        records: segment.records, first: segment.first, last: segment.last, sha256: hash))
            }
            return sealed
        }
    }

    func note(manifestHash: [UInt8]) { state.withLock { $0.manifestHash = manifestHash } }

    /// What the segments of so many records will take.
    static func sealedSizes(records: Int64) -> [Int64] {
        var sizes: [Int64] = []
        var left = records
        while left > 0 {
            let count = min(left, Int64(ArchiveFormat.indexSegment))
            sizes.append(ArchiveSeal.sealedSize(plain: Int(count) * BlobPlace.size))
            left -= count
        }
        return sizes
    }
}
