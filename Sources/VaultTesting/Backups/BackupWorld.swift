public import Backup
public import BlobStore
import Database
import Vault

/// Backups of a world: archives in a directory of their own, made by a stand-in.
public final class BackupWorld: Sendable {
    public let world: World
    public let archives: StandInArchives
    public let store: any ArchiveStore
    public let backups: Backups
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - world: one that was made with ``World/backupSchema``.
    ///   - store: instead of a directory.
    public init(
        _ world: World, settings: BackupSettings = .withoutDrills, store: (any ArchiveStore)? = nil
    ) throws {
        self.world = world
        directory = try TemporaryDirectory()
        archives = StandInArchives(world)
        self.store = try store ?? DirectoryArchiveStore(directory: "\(directory.path)/archives")
        backups = Backups(world.core, store: self.store, work: archives.work, settings: settings)
    }

    /// The same archives as another node sees them.
    public init(_ other: BackupWorld, on world: World, settings: BackupSettings = .withoutDrills) {
        self.world = world
        directory = other.directory
        archives = StandInArchives(world)
        store = other.store
        backups = Backups(world.core, store: store, work: archives.work, settings: settings)
    }

    /// Does what waits, as the server's job does.
    public func work() async throws {
        let core = world.core
        try await core.leases.round()
        guard let lease = core.leases.held[.backups] else { throw VaultError.unavailable }
        try await BackupRunner(backups).run(under: lease)
    }

    /// The names of all kept files.
    public func files() async throws -> [String] {
        try await store.list(prefix: "", after: nil, limit: 10_000).map(\.name.text)
    }
}

extension BackupSettings {
    /// Nothing is proven but what a test asks for.
    public static var withoutDrills: BackupSettings {
        var settings = BackupSettings()
        settings.drillInterval = nil
        return settings
    }
}

extension World {
    /// What a world needs for backups.
    public static let backupSchema: Schema = (BackupSchema.name, BackupSchema.migrations)
}
