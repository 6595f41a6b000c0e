import Billing
import BlobStore
import Crypto
import Database
import Journal
import Media
import Vault

/// A vault about to be opened: its place was looked at and its keys are known by name; nothing is made, nothing unlocked.
struct VaultStart: Sendable {
    let place: VaultPlace
    private(set) var keys: KeyAccess
    let opening: VaultParts.Opening
    private let settings: VaultSettings
    private let allowance: Int64?
    private let previews: PreviewProgram?
    private let threads: VaultPlace.Threads
    private let holdsVault: Bool
    private let bucket: (any BlobStore)?
    /// The database, where it is a server: it had to be asked what it holds.
    private let server: (any Database)?

    /// - Throws: `ProgramError.refused` when there is none and none may be made, or data lacks what belongs to it.
    init(
        _ configuration: Configuration, _ opening: VaultParts.Opening, _ threads: VaultPlace.Threads
    ) async throws {
        let place = try VaultPlace(configuration)
        keys = try KeyAccess(configuration)
        settings = try Self.vaultSettings(configuration)
        allowance = try configuration[Settings.storageLimit]
        previews = opening == .serving ? try PreviewPlace.program(configuration) : nil
        try Self.demandSeparatePlaces(place, keys.directory)
        self.place = place
        self.opening = opening
        self.threads = threads
        // A server is asked what it holds; a file tells by being there, and must not be made too early.
        let server = place.holdsLocalVault == nil ? try await place.openDatabase(threads) : nil
        self.server = server
        do {
            let holdsVault = try await Self.holdsVault(place, server)
            if opening == .existingOnly, !holdsVault {
                throw ProgramError.refused(
                    "there is no vault in \(place.description) yet; `cloudspace serve` makes one")
            }
            try await Self.demandNoForeignBlobs(in: place, holdsVault)
            // A bucket is looked at before anything is made, too.
            bucket = try await place.openBucket()
            self.holdsVault = holdsVault
        } catch {
            await server?.close()
            throw error
        }
    }

    /// The same without anything that a person gave.
    var withoutSecrets: VaultStart {
        var copy = self
        copy.keys = keys.withoutSecrets
        return copy
    }

    /// Unlocks the keys, or makes them where there is no vault yet, and opens everything.
    func open() async throws -> VaultParts {
        do {
            var made = VaultParts.Made(data: !holdsVault)
            let ring: KeyRing
            if keys.provider.exists() {
                ring = try await keys.unlock()
            } else {
                guard !holdsVault else { throw ProgramError.refused(keysMissing) }
                if let bucket { try await place.demandNobody(in: bucket) }
                ring = try await keys.create()
                made.keys = true
            }
            return try await open(ring, made)
        } catch {
            await server?.close()
            throw error
        }
    }

    private func open(_ ring: KeyRing, _ made: VaultParts.Made) async throws -> VaultParts {
        if !made.keys, let bucket { try await place.demandNoOther(in: bucket, than: ring) }
        if let data = place.data { _ = try data.prepare() }
        let held = try await hold()
        do {
            return try await assemble(ring, keys, held, made)
        } catch {
            await held.database.close()
            throw error
        }
    }

    /// What a server comes to.
    enum Opened: Sendable {
        case open(OpenedVault)
        /// There is a vault, and its keys are not at hand.
        case sealed(HeldVault, because: CryptoError)
    }

    /// As ``open()``, but a vault whose keys cannot be unlocked is held, sealed.
    func openOrSeal() async throws -> Opened {
        guard holdsVault, server != nil || place.data?.hasDatabase == true else {
            return .open(OpenedVault(try await open()))
        }
        let held = try await hold()
        do {
            let ring: KeyRing
            do throws(any Error) {
                guard keys.provider.exists() else { throw CryptoError.keyFile(keysMissing) }
                ring = try await keys.unlock()
            } catch let error as CryptoError {
                return .sealed(held, because: error)
            }
            return .open(OpenedVault(try await assemble(ring, keys, held, VaultParts.Made())))
        } catch {
            await held.database.close()
            throw error
        }
    }

    /// Opens the rows; a server's are nobody else's from then on.
    private func hold() async throws -> HeldVault {
        let lock = opening == .serving ? try Self.lock(place) : nil
        if let server { return HeldVault(database: server, lock: lock) }
        return HeldVault(database: try await place.openDatabase(threads), lock: lock)
    }

    /// Everything that stands on the ring. The database stays open when it fails.
    func assemble(
        _ ring: KeyRing, _ keys: KeyAccess, _ held: HeldVault, _ made: VaultParts.Made
    ) async throws -> VaultParts {
        let database = held.database
        if !made.keys, let bucket { try await place.demandNoOther(in: bucket, than: ring) }
        if try await VaultIdentity.isClaimed(database) { try await VaultIdentity(of: ring).check(database) }
        try await Self.migrate(database, of: ring)
        let journal = VaultParts.journal(of: ring, on: database)
        try await CustodyRecord.note(ring, journal, in: database)
        if made.data, let data = place.data { try FileSystem.syncDirectory(data.path) }
        let blobs = try await place.openBlobs(of: ring, known: database, bucket)
        let core = try VaultCore(
            database: database, blobs: blobs, ring: ring, journal: journal, passwords: PasswordHasher(),
            allowance: SubscriptionAllowance(unsubscribed: allowance), settings: settings, previews: previews,
            keeper: KeyKeeper(keys.provider, ring: ring, directory: keys.directory))
        // A ring from before a rotation takes what was handed on; where nothing was, the vault does not open.
        try await core.keyDistribution.settle()
        // The lock says that whoever held a lease is gone: its work goes on at once.
        if held.lock != nil { try await core.leases.assumeAlone() }
        return VaultParts(
            place: place, keys: keys, ring: ring, database: database, blobs: blobs, journal: journal, core: core,
            made: made, start: withoutSecrets, held: held)
    }

    private static func migrate(_ database: any Database, of ring: KeyRing) async throws {
        try await Migrator.migrate(database, ProgramSchema.migrations, schema: "program")
        try await VaultIdentity(of: ring).claim(database)
        for module in ProgramSchema.modules {
            try await Migrator.migrate(database, module.migrations, schema: module.name)
        }
    }
}

/// Rows and the place itself: what a server holds of a vault whether its keys are unlocked or not.
struct HeldVault: Sendable {
    let database: any Database
    fileprivate let lock: FileLock?
}

// What must hold before anything is made.
extension VaultStart {
    fileprivate static func vaultSettings(_ configuration: Configuration) throws(ProgramError) -> VaultSettings {
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
    fileprivate static func lock(_ place: VaultPlace) throws(ProgramError) -> FileLock? {
        guard !place.isShared, let data = place.data else { return nil }
        guard let lock = try FileLock(path: data.serverLock) else {
            throw .refused("another server is serving \(data.path) already")
        }
        return lock
    }

    fileprivate static func holdsVault(_ place: VaultPlace, _ server: (any Database)?) async throws -> Bool {
        guard let server else { return place.holdsLocalVault ?? false }
        return try await VaultIdentity.isClaimed(server)
    }

    fileprivate var keysMissing: String {
        "\(place.description) holds a vault but there are no keys in \(keys.directory); put the keys directory back from its "
            + "backup, or copy that of a running node (new keys could not open this data, so none were made)"
    }

    fileprivate static func demandNoForeignBlobs(in place: VaultPlace, _ holdsVault: Bool) async throws {
        guard case .local = place.blobs, let data = place.data, data.holdsBlobs else { return }
        // A directory of blobs alone counts as a vault, although its rows are missing.
        if case .sqlite = place.rows, data.hasDatabase { return }
        if case .postgresql = place.rows, holdsVault { return }
        throw ProgramError.refused(
            "\(data.path) has blobs but no database; put \(data.database) back from its backup (a new database would "
                + "take them for garbage, so none was made)")
    }

    fileprivate static func demandSeparatePlaces(_ place: VaultPlace, _ keys: String) throws(ProgramError) {
        guard let data = place.data?.path, FileSystem.resolved(data) == FileSystem.resolved(keys) else { return }
        throw .setting("--data and --keys name the same directory; whoever takes one must not have the other")
    }
}
