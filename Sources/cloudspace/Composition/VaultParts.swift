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
    /// What it was opened from, without keys.
    let start: VaultStart
    /// Rows and the place itself, which outlive the keys when the vault is sealed.
    let held: HeldVault

    var vault: Vault { Vault(core) }

    /// Opens the vault that the settings name.
    ///
    /// Keys are made before data, and never for data that is there: new keys cannot open it.
    /// - Throws: `ProgramError.refused` for missing or foreign keys, before anything is changed; `CryptoError` when they
    ///   cannot be unlocked.
    static func open(
        _ configuration: Configuration, _ opening: Opening, _ threads: VaultPlace.Threads = .init()
    ) async throws -> VaultParts {
        let start = try await VaultStart(configuration, opening, threads)
        return try await start.open()
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
            displacement: SQLDialect.largestReorderWindow)
    }

    /// A UUID version 7, so that vaults sort by age.
    static func newVaultID() -> UInt128 { IDGenerator(clock: SystemClock()).next(NodeEntity.self).value }
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
