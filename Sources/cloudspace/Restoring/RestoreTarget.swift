import Backup
import BlobStore
import Crypto
import Database
import Vault

/// Where a vault is restored to, opened: an empty place, or one that an earlier run of the same restore did not finish.
struct RestoreTarget: Sendable {
    let place: VaultPlace
    let database: any Database
    let sink: ContentSink
    let blobs: any BlobStore
    private let lock: FileLock?

    /// - Throws: `ProgramError.refused` when a server serves it.
    static func open(_ place: VaultPlace) async throws -> RestoreTarget {
        var lock: FileLock?
        if let data = place.data {
            _ = try FileSystem.makeDirectory(data.path)
            guard let held = try FileLock(path: data.serverLock) else {
                throw ProgramError.refused(
                    "a server, or another restore, uses \(data.path.printable) already; give an empty directory")
            }
            lock = held
        }
        let database: any Database
        switch place.rows {
        case .sqlite:
            guard let data = place.data else { throw ProgramError.setting("--data DIR is missing") }
            database = try SQLiteDatabase.filling(path: data.database)
        case .postgresql(let address):
            database = try await PostgreSQLDatabase(address, writers: 2, readers: 2)
        }
        do {
            let blobs = try await place.openBlobs()
            let sink: ContentSink
            switch place.blobs {
            case .local:
                guard let data = place.data else { throw ProgramError.setting("--data DIR is missing") }
                sink = .directory(try ContentSink.BulkDirectory(path: data.blobs))
            case .s3: sink = .store(blobs)
            }
            return RestoreTarget(place: place, database: database, sink: sink, blobs: blobs, lock: lock)
        } catch {
            await database.close()
            throw error
        }
    }

    /// What the place holds, before anything is made there.
    ///
    /// - Returns: whether an unfinished restore of this archive is to begin anew.
    /// - Throws: `ProgramError.refused` when there is anything that a restore would mix with.
    func demandFitting(_ state: SourceState, _ ring: KeyRing) async throws -> Bool {
        switch try await TargetContents.read(from: database) {
        case .move(let record):
            guard record == MoveRecord(vaultID: state.vaultID, fingerprint: state.fingerprint, phase: record.phase)
            else {
                throw ProgramError.refused(
                    "the target holds an unfinished move, or an unfinished restore of another archive; give an empty place"
                )
            }
            return true
        case .nothing: break
        case .vault:
            throw ProgramError.refused(
                "the target holds a vault already; a vault is restored into an empty place, and one that runs is brought back "
                    + "with `cloudspace backup restore`")
        case .foreign: throw MoveWords.foreign
        }
        if try await MoveEnd.bearsOurMark(blobs, ring) {
            let others = try await blobs.list(after: BlobStoreMark.key, limit: 1)
            guard others.isEmpty else {
                throw ProgramError.refused(
                    "the blob store holds blobs of this vault already; give an empty directory, bucket or prefix")
            }
        }
        return false
    }

    func close() async {
        await database.close()
        withExtendedLifetime(lock) {}
    }
}
