public import BlobStore
public import Crypto
public import Database
public import Journal
public import Media
public import Vault

/// A ready vault for tests: a temporary database, blobs in memory, a clock that tests turn, cheap passwords.
public final class World: Sendable {
    public let clock: FixedClock
    public let database: any Database & AnyObject
    public let blobs: any BlobStore
    public let ring: KeyRing
    /// Where the ring is stored; does nothing but that until it is told to.
    public let provider: FaultyKeyProvider
    private let keys: TemporaryDirectory
    public let journal: Journal
    public let core: VaultCore
    /// What stands between the core and its database; does nothing until it is told to.
    public let faults: FaultyDatabase
    private let allowance: any StorageAllowance
    private let settings: VaultSettings
    public var vault: Vault { Vault(core) }
    /// The directory of the stored key ring.
    public var keyDirectory: String { keys.path }

    /// Saturday, 26 October 2024, 15:00 UTC: the day of the examples in requirements/1.
    public static let start = Timestamp(milliseconds: 1_729_954_800_000)

    /// A schema of a module above the core.
    public typealias Schema = (name: StaticString, migrations: [Migration])

    /// - Parameter schemas: schemas to migrate after the vault's own.
    public convenience init(
        blobs: any BlobStore = MemoryBlobStore(), allowance: any StorageAllowance = FixedAllowance(),
        settings: VaultSettings = VaultSettings(), schemas: [Schema] = [], previews: PreviewProgram? = nil
    ) async throws {
        let clock = FixedClock(World.start)
        let names = (["vault"] + schemas.map(\.name.description)).joined(separator: "+")
        let database = try await TestEngine.database(names, clock: clock) { database in
            try await Migrator.migrate(database, VaultCore.migrations, schema: "vault")
            for schema in schemas { try await Migrator.migrate(database, schema.migrations, schema: schema.name) }
        }
        let keys = try TemporaryDirectory()
        let provider = FileKeyProvider(directory: keys.path)
        let ring = try provider.create(vaultID: 0x0192_0000_0000_7000_8000_0000_0000_0001)
        try self.init(
            sharing: database, clock: clock, blobs: blobs, ring: ring, provider, in: keys, allowance: allowance,
            settings: settings, previews: previews)
    }

    private init(
        sharing database: any Database & AnyObject, clock: FixedClock, blobs: any BlobStore, ring: KeyRing,
        _ provider: FileKeyProvider, in keys: TemporaryDirectory, allowance: any StorageAllowance,
        settings: VaultSettings, previews: PreviewProgram?
    ) throws {
        self.clock = clock
        self.database = database
        self.blobs = blobs
        self.ring = ring
        self.keys = keys
        self.provider = FaultyKeyProvider(provider)
        self.allowance = allowance
        self.settings = settings
        faults = FaultyDatabase(database)
        journal = Journal(
            signingKey: Ed25519SigningKey(seed: ring.stableKey("cloudspace journal signing")),
            origin: Journal.origin(ofVault: ring.vaultID),
            reorderWindow: database.dialect == .sqlite ? 0 : 10_000)
        core = try VaultCore(
            database: faults, blobs: blobs, ring: ring, journal: journal,
            passwords: PasswordHasher(parameters: .insecureForTests), allowance: allowance, clock: clock,
            steady: clock, settings: settings, previews: previews,
            keeper: KeyKeeper(self.provider, ring: ring, directory: keys.path))
    }

    /// What another node of a test knows of the key ring.
    public enum KeySharing: Sendable {
        /// The very ring in memory: for tests in which it does not change.
        case same
        /// What is stored now, read again, as after a restart.
        case reread
        /// A copy of the key directory as it is now, as on another machine.
        case copied
    }

    /// Another node that serves the same vault: the same rows and blobs, with connections and caches of its own.
    ///
    /// - Parameters:
    ///   - clock: the node's own; the same as this one's when `nil`.
    ///   - keys: where its key ring comes from.
    public func another(clock: FixedClock? = nil, keys sharing: KeySharing = .same) async throws -> World {
        let clock = clock ?? self.clock
        let directory = sharing == .copied ? try keys.copy() : keys
        let stored = FileKeyProvider(directory: directory.path)
        return try World(
            sharing: await TestEngine.another(of: database, clock: clock), clock: clock, blobs: blobs,
            ring: sharing == .same ? ring : try stored.unlock(), stored, in: directory, allowance: allowance,
            settings: settings, previews: core.previewProgram)
    }

    public static let password = "correct horse battery"

    /// Registers somebody and signs them in.
    public func person(
        _ firstName: String = "Alex", _ lastName: String = "Davidson", email: String? = nil, role: Role = .contributeur
    ) async throws -> Principal {
        let address = email ?? "\(firstName).\(lastName)@example.com".lowercased()
        let account = try await vault.register(
            try Registration(
                firstName: firstName, lastName: lastName, email: address, password: World.password, role: role),
            from: .local)
        let session = try await vault.sessions.open(account.id, from: .local)
        return try await vault.sessions.authenticate(
            session.token, from: RequestOrigin(address: "192.0.2.1", requestID: nil))
    }

    /// Stores a small file at a name.
    @discardableResult
    public func put(
        _ text: String, at name: String, in parent: NodeID? = nil, as principal: Principal
    ) async throws -> SavedContent {
        try await vault.save(
            SaveRequest(target: .place(parent: parent, name: try NodeName(name), conflict: .version)),
            .bytes(Array(text.utf8)),
            as: principal)
    }

    /// The whole content of a version as text.
    public func text(of node: NodeID, version: Int? = nil, as principal: Principal) async throws -> String {
        let opened = try await vault.open(node, version: version, as: principal)
        return String(decoding: try await opened.reader.readAll(limit: 1 << 24), as: UTF8.self)
    }

    public func close() async { await database.close() }
}

extension SignIn {
    /// The session of a sign-in that needed no second factor.
    public var session: OpenedSession {
        get throws(VaultError) {
            guard case .opened(let session) = self else { throw .codeNeeded }
            return session
        }
    }
}
