import Billing
import BlobStore
import Crypto
import Database
import Journal
import Vault

/// The parts of an opened vault, built in one place and handed down.
struct VaultParts: Sendable {
    /// Whether a command may make what is not there yet.
    enum Opening: Sendable {
        case existingOnly
        case mayCreate
        /// As `mayCreate`, and nobody else may serve the same data: each server trusts its own caches.
        case serving
    }

    /// What was made by opening.
    struct Made: Sendable, Equatable {
        var keys = false
        var data = false
    }

    let data: DataDirectory
    let keys: KeyAccess
    let ring: KeyRing
    let database: SQLiteDatabase
    let blobs: LocalBlobStore
    let journal: Journal
    let core: VaultCore
    let made: Made
    private let serverLock: FileLock?

    var vault: Vault { Vault(core) }

    /// Opens the vault that the settings name.
    ///
    /// Keys are made before data, and never for data that is there: new keys cannot open it.
    /// - Throws: `ProgramError.refused` for missing or foreign keys, before anything is changed.
    static func open(
        _ configuration: Configuration, _ opening: Opening, readers: Int = 1
    ) async throws -> VaultParts {
        let data = DataDirectory(path: try configuration[Settings.data])
        let keys = try KeyAccess(configuration)
        let settings = try vaultSettings(configuration)
        let allowance = try configuration[Settings.storageLimit]
        try demandSeparatePlaces(data.path, keys.directory)
        if opening == .existingOnly, !data.holdsVault {
            throw ProgramError.refused("there is no vault in \(data.path) yet; `cloudspace serve` makes one")
        }
        try demandDatabase(in: data)
        var made = Made()
        let ring: KeyRing
        if keys.provider.exists() {
            ring = try keys.provider.unlock()
        } else {
            try demandNoData(in: data, without: keys.directory)
            ring = try keys.provider.create(vaultID: newVaultID())
            made.keys = true
        }
        made.data = !data.holdsVault
        if made.data { _ = try data.prepare() }
        let lock = opening == .serving ? try Self.lock(data) : nil
        let database = try SQLiteDatabase(path: data.database, readers: readers)
        do {
            try await Migrator.migrate(database, ProgramSchema.migrations, schema: "program")
            try await VaultIdentity(of: ring).claim(database)
            for module in ProgramSchema.modules {
                try await Migrator.migrate(database, module.migrations, schema: module.name)
            }
            if made.data { try FileSystem.syncDirectory(data.path) }
            let blobs = try LocalBlobStore(directory: data.blobs)
            let journal = Self.journal(of: ring)
            let core = try VaultCore(
                database: database, blobs: blobs, ring: ring, journal: journal, passwords: PasswordHasher(),
                allowance: SubscriptionAllowance(unsubscribed: allowance), settings: settings)
            return VaultParts(
                data: data, keys: keys, ring: ring, database: database, blobs: blobs, journal: journal, core: core,
                made: made, serverLock: lock)
        } catch {
            await database.close()
            throw error
        }
    }

    /// Opens the vault, runs `body` and closes it, whatever happens.
    /// - Returns: exit status 0.
    static func use(
        _ configuration: Configuration, _ opening: Opening, _ body: (VaultParts) async throws -> Void
    ) async throws -> Int32 {
        let parts = try await open(configuration, opening)
        do {
            try await body(parts)
        } catch {
            await parts.database.close()
            throw error
        }
        await parts.database.close()
        return 0
    }

    /// The journal of the vault that `ring` belongs to; its signing key outlives every rotation.
    static func journal(of ring: KeyRing) -> Journal {
        Journal(
            signingKey: Ed25519SigningKey(seed: ring.stableKey("cloudspace journal signing")),
            origin: Journal.origin(ofVault: ring.vaultID))
    }

    /// A UUID version 7, so that vaults sort by age.
    static func newVaultID() -> UInt128 { IDGenerator(clock: SystemClock()).next(NodeEntity.self).value }

    private static func vaultSettings(_ configuration: Configuration) throws(ProgramError) -> VaultSettings {
        var settings = VaultSettings()
        if let limit = try configuration[Settings.maximumUpload] { settings.maximumUpload = limit }
        settings.sessionSeconds = try configuration[Settings.sessionLifetime]
        settings.signInFailuresPerAccount = try configuration[Settings.signInFailures]
        settings.signInFailuresPerAddress = try configuration[Settings.signInFailuresPerAddress]
        settings.orphanGrace = try configuration[Settings.orphanGrace] * 1_000
        switch try configuration[Settings.cipher] {
        case .auto: settings.suite = .preferred
        case .aes: settings.suite = .aes256GCM
        case .xchacha: settings.suite = .xchacha20Poly1305
        }
        return settings
    }

    private static func lock(_ data: DataDirectory) throws(ProgramError) -> FileLock {
        guard let lock = try FileLock(path: data.serverLock) else {
            throw .refused("another server is serving \(data.path) already")
        }
        return lock
    }

    private static func demandNoData(in data: DataDirectory, without keys: String) throws(ProgramError) {
        guard data.holdsVault else { return }
        throw .refused(
            "\(data.path) holds a vault but there are no keys in \(keys); put the keys directory back from its backup "
                + "(new keys could not open this data, so none were made)")
    }

    private static func demandDatabase(in data: DataDirectory) throws(ProgramError) {
        guard data.lacksItsDatabase else { return }
        throw .refused(
            "\(data.path) has blobs but no database; put \(data.database) back from its backup (a new database would "
                + "take them for garbage, so none was made)")
    }

    private static func demandSeparatePlaces(_ data: String, _ keys: String) throws(ProgramError) {
        guard FileSystem.resolved(data) != FileSystem.resolved(keys) else {
            throw .setting("--data and --keys name the same directory; whoever takes one must not have the other")
        }
    }
}
