import BlobStore
import Synchronization

/// Keeps the last part of the disk for what must go on when it is full: reading, which is journalled before the first
/// byte, and deleting, which makes room.
final class StorageReserve: Sendable {
    /// The part kept: a twentieth of the disk, at most 64 MiB.
    private static let largest: Int64 = 64 << 20
    /// Small contents look at the disk this often; large ones each time.
    private static let rest: Duration = .seconds(1)
    static let large: Int64 = 256 << 10

    private struct Look {
        var at: ContinuousClock.Instant
        var room: Int64
    }

    private let blobs: any BlobStore
    private let look: PartCheck<BlobStoreStatistics>
    private let latest = Mutex<Look?>(nil)

    init(blobs: any BlobStore) {
        self.blobs = blobs
        look = PartCheck(within: .milliseconds(500), steady: SystemSteadyClock()) { try await blobs.statistics() }
    }

    /// - Parameter bytes: to be written next.
    /// - Throws: `VaultError.storageFull` when they would not leave the reserve.
    func require(_ bytes: Int64) async throws {
        let now = ContinuousClock.now
        // Between two looks what was let through is counted, twice over for the log that it passes first.
        let isKnown = latest.withLock { look in
            guard let known = look, bytes < Self.large, now - known.at < Self.rest, 2 * bytes <= known.room else {
                return false
            }
            look = Look(at: known.at, room: known.room - 2 * bytes)
            return true
        }
        if isKnown { return }
        let space: BlobStoreStatistics
        if bytes < Self.large {
            // What rests in the database does not wait for a blob store that is away.
            guard let known = await look.outcome().answer else { return }
            space = known
        } else {
            space = try await blobs.statistics()
        }
        guard let free = space.freeBytes else { return }
        let room = free - min(Self.largest, (space.totalBytes ?? 0) / 20)
        latest.withLock { $0 = Look(at: now, room: room) }
        guard bytes <= room else { throw VaultError.storageFull }
    }
}
