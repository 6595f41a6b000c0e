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

    let place: VaultPlace
    let keys: KeyAccess
    let ring: KeyRing
    let database: any Database
    let blobs: any BlobStore
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
        _ configuration: Configuration, _ opening: Opening, _ threads: VaultPlace.Threads = .init()
    ) async throws -> VaultParts {
        let place = try VaultPlace(configuration)
        let keys = try KeyAccess(configuration)
        let settings = try vaultSettings(configuration)
        let allowance = try configuration[Settings.storageLimit]
        let previews = opening == .serving ? try PreviewPlace.program(configuration) : nil
        try demandSeparatePlaces(place, keys.directory)
        // A server is asked what it holds; a file tells by being there, and must not be made too early.
        let server = place.holdsLocalVault == nil ? try await place.openDatabase(threads) : nil
        var database = server
        do {
            let holdsVault = try await holdsVault(place, server)
            if opening == .existingOnly, !holdsVault {
                throw ProgramError.refused(
                    "there is no vault in \(place.description) yet; `cloudspace serve` makes one")
            }
            try await demandNoForeignBlobs(in: place, holdsVault)
            // A bucket is looked at before anything is made, too.
            let bucket = try await place.openBucket()
            var made = Made(data: !holdsVault)
            let ring: KeyRing
            if keys.provider.exists() {
                ring = try keys.provider.unlock()
                if let bucket { try await place.demandNoOther(in: bucket, than: ring) }
            } else {
                guard !holdsVault else { throw keysMissing(place, keys.directory) }
                if let bucket { try await place.demandNobody(in: bucket) }
                ring = try keys.provider.create(vaultID: newVaultID())
                made.keys = true
            }
            if let data = place.data { _ = try data.prepare() }
            let lock = opening == .serving ? try Self.lock(place) : nil
            let opened: any Database
            if let server { opened = server } else { opened = try await place.openDatabase(threads) }
            database = opened
            if try await VaultIdentity.isClaimed(opened) { try await VaultIdentity(of: ring).check(opened) }
            try await migrate(opened, of: ring)
            if made.data, let data = place.data { try FileSystem.syncDirectory(data.path) }
            let blobs = try await place.openBlobs(of: ring, known: opened, bucket)
            let journal = Self.journal(of: ring, on: opened)
            let core = try VaultCore(
                database: opened, blobs: blobs, ring: ring, journal: journal, passwords: PasswordHasher(),
                allowance: SubscriptionAllowance(unsubscribed: allowance), settings: settings,
                previews: previews,
                keeper: KeyKeeper(keys.provider, ring: ring, directory: keys.directory))
            // A ring from before a rotation takes what was handed on; where nothing was, the vault does not open.
            try await core.keyDistribution.settle()
            // The lock says that whoever held a lease is gone: its work goes on at once.
            if lock != nil { try await core.leases.assumeAlone() }
            return VaultParts(
                place: place, keys: keys, ring: ring, database: opened, blobs: blobs, journal: journal, core: core,
                made: made, serverLock: lock)
        } catch {
            await database?.close()
            throw error
        }
    }

    private static func migrate(_ database: any Database, of ring: KeyRing) async throws {
        try await Migrator.migrate(database, ProgramSchema.migrations, schema: "program")
        try await VaultIdentity(of: ring).claim(database)
        for module in ProgramSchema.modules {
            try await Migrator.migrate(database, module.migrations, schema: module.name)
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
    static func journal(of ring: KeyRing, on database: any Database) -> Journal {
        Journal(
            signingKey: Ed25519SigningKey(seed: ring.stableKey("cloudspace journal signing")),
            origin: Journal.origin(ofVault: ring.vaultID), reorderWindow: database.dialect.reorderWindow,
            // Whatever engine it is on now: it may have been moved there.
            displacement: SQLDialect.allCases.map(\.reorderWindow).max() ?? 0)
    }

    /// A UUID version 7, so that vaults sort by age.
    static func newVaultID() -> UInt128 { IDGenerator(clock: SystemClock()).next(NodeEntity.self).value }

    private static func vaultSettings(_ configuration: Configuration) throws(ProgramError) -> VaultSettings {
        var settings = VaultSettings()
        if let limit = try configuration[Settings.maximumUpload] { settings.maximumUpload = limit }
        settings.sessionSeconds = try configuration[Settings.sessionLifetime]
        settings.signInFailuresPerAccount = try configuration[Settings.signInFailures]
        settings.signInFailuresPerAddress = try configuration[Settings.signInFailuresPerAddress]
        settings.notifications.heartbeatSeconds = try configuration[Settings.notificationHeartbeat]
        settings.notifications.maximumStreams = try configuration[Settings.notificationStreams]
        settings.orphanGrace = try configuration[Settings.orphanGrace] * 1_000
        settings.deliveries = try OutboundPlaces(configuration).settings
        switch try configuration[Settings.cipher] {
        case .auto: settings.suite = .preferred
        case .aes: settings.suite = .aes256GCM
        case .xchacha: settings.suite = .xchacha20Poly1305
        }
        return settings
    }

    /// Two servers on one machine must not share files; those that share servers take turns by leases.
    private static func lock(_ place: VaultPlace) throws(ProgramError) -> FileLock? {
        guard !place.isShared, let data = place.data else { return nil }
        guard let lock = try FileLock(path: data.serverLock) else {
            throw .refused("another server is serving \(data.path) already")
        }
        return lock
    }

    private static func holdsVault(_ place: VaultPlace, _ server: (any Database)?) async throws -> Bool {
        guard let server else { return place.holdsLocalVault ?? false }
        return try await VaultIdentity.isClaimed(server)
    }

    private static func keysMissing(_ place: VaultPlace, _ keys: String) -> ProgramError {
        .refused(
            "\(place.description) holds a vault but there are no keys in \(keys); put the keys directory back from its backup, or "
                + "copy that of a running node (new keys could not open this data, so none were made)")
    }

    private static func demandNoForeignBlobs(in place: VaultPlace, _ holdsVault: Bool) async throws {
        guard case .local = place.blobs, let data = place.data, data.holdsBlobs else { return }
        // A directory of blobs alone counts as a vault, although its rows are missing.
        if case .sqlite = place.rows, data.hasDatabase { return }
        if case .postgresql = place.rows, holdsVault { return }
        throw ProgramError.refused(
            "\(data.path) has blobs but no database; put \(data.database) back from its backup (a new database would "
                + "take them for garbage, so none was made)")
    }

    private static func demandSeparatePlaces(_ place: VaultPlace, _ keys: String) throws(ProgramError) {
        guard let data = place.data?.path, FileSystem.resolved(data) == FileSystem.resolved(keys) else { return }
        throw .setting("--data and --keys name the same directory; whoever takes one must not have the other")
    }
}

extension SQLDialect {
    /// How far events may come out of order: see ``Journal/reorderWindow``.
    ///
    /// SQLite has one writer. PostgreSQL gives a number before the commit, and a transaction of ours lasts at most some
    /// ten seconds; 100,000 events in that time are more than it writes.
    var reorderWindow: Int64 {
        switch self {
        case .sqlite: 0
        case .postgresql: 100_000
        }
    }
}
