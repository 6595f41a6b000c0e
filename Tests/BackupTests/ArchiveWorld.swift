import Backup
import BlobStore
import Crypto
import Database
import Testing
import Vault
import VaultTesting

/// A vault with blobs on a disk, a place for archives, and a maker that reads the vault's rows.
struct ArchiveWorld {
    let world: World
    let directory: TemporaryDirectory
    let store: DirectoryArchiveStore
    let maker: SealedArchiveMaker

    init(blobs: (any BlobStore)? = nil) async throws {
        directory = try TemporaryDirectory()
        let blobs = try blobs ?? LocalBlobStore(directory: "\(directory.path)/blobs")
        world = try await World(blobs: blobs, schemas: [(BackupSchema.name, BackupSchema.migrations)])
        store = try DirectoryArchiveStore(directory: "\(directory.path)/archives")
        maker = SealedArchiveMaker(
            core: world.core, journal: world.journal, rows: world.database, programVersion: "test")
    }

    var keys: ArchiveKeys { ArchiveKeys(world.ring) }

    static func id(_ number: UInt128) -> BackupID { BackupID(0x0192_0000_0000_7000_9000_0000_0000_0000 + number) }

    func make(
        _ number: UInt128, of scope: BackupScope = .system, on base: UInt128? = nil,
        volume: Int64 = BackupOrder.defaultVolume, progress: any WorkProgress = NoProgress()
    ) async throws -> ArchiveSummary {
        let mode: BackupMode = base.map { .incremental(on: Self.id($0)) } ?? .full
        return try await maker.run(
            BackupOrder(id: Self.id(number), scope: scope, mode: mode, volumeLimit: volume), into: store,
            progress: progress)
    }

    func open(_ number: UInt128) async throws -> SealedArchive {
        try await SealedArchive.open(Self.id(number), in: store, keys: keys)
    }

    /// Every stored content by its id: as its row has it, or as the blob store does.
    func storedContents() async throws -> [BlobID: [UInt8]] {
        let rows = try await world.database.read { snapshot in
            try snapshot.all("SELECT id, inline_content FROM blobs ORDER BY id") {
                (BlobID($0.uuid(0)), $0.optionalBytes(1))
            }
        }
        var contents: [BlobID: [UInt8]] = [:]
        for (id, inline) in rows {
            if let inline {
                contents[id] = inline
            } else {
                let reader = try await world.blobs.reader(BlobKey(id.value))
                contents[id] = try await reader.read(at: 0, count: Int(reader.sealedSize))
            }
        }
        return contents
    }

    func put(_ count: Int, _ name: String, as principal: Principal) async throws -> SavedContent {
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return try await world.vault.save(
            SaveRequest(target: .place(parent: nil, name: try NodeName(name), conflict: .version)), .bytes(bytes),
            as: principal)
    }

    func close() async { await world.close() }
}
