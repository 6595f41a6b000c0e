import BlobStore
import Crypto
import Database
import Vault

/// Where a vault is: its rows and its sealed blobs, each on this machine or on a server.
struct VaultPlace: Sendable {
    enum Rows: Sendable {
        /// A file in a data directory.
        case sqlite
        case postgresql(PostgreSQLAddress)
    }

    enum Blobs: Sendable {
        /// Files in a data directory.
        case local
        case s3(S3Place)
    }

    let rows: Rows
    let blobs: Blobs
    /// Nil when nothing of the vault is on this machine.
    let data: DataDirectory?

    init(_ configuration: Configuration) throws(ProgramError) {
        if let address = try configuration[Settings.database] {
            guard !address.hasPassword || configuration.origin(of: Settings.database) != "--\(Settings.database.name)"
            else {
                throw .setting(
                    "--database holds a password, which everybody on this machine can see; give the address in "
                        + "\(Settings.database.environment), or the password in PGPASSWORD or ~/.pgpass")
            }
            rows = .postgresql(address)
        } else {
            rows = .sqlite
        }
        if let location = try configuration[Settings.blobStore] {
            blobs = .s3(try S3Place(location, configuration))
        } else {
            blobs = .local
        }
        guard let path = try configuration[Settings.data] else {
            guard case (.postgresql, .s3) = (rows, blobs) else {
                throw .setting(
                    "--data DIR is missing; give the flag, \(Settings.data.environment), or a line `data = …` in a file "
                        + "named by --config (only \(Settings.database.environment) and "
                        + "\(Settings.blobStore.environment) together make it needless)")
            }
            data = nil
            return
        }
        data = DataDirectory(path: path)
    }

    /// What a person calls the place.
    var description: String {
        switch (rows, blobs) {
        case (.sqlite, .local): data.map { FileSystem.resolved($0.path) } ?? ""
        case (.postgresql(let url), .local): "\(url) and \(data.map { FileSystem.resolved($0.path) } ?? "")"
        case (.sqlite, .s3(let place)): "\(data.map { FileSystem.resolved($0.path) } ?? "") and \(place)"
        case (.postgresql(let url), .s3(let place)): "\(url) and \(place)"
        }
    }

    /// Whether several servers may serve the vault at once: nothing of it is one machine's alone.
    var isShared: Bool {
        if case .postgresql = rows { true } else { false }
    }
}

extension VaultPlace {
    /// How many threads of this program talk to the database.
    struct Threads: Sendable {
        /// Nil for what suits the engine.
        var readers: Int?
        var writers: Int?
    }

    /// Opens the rows.
    /// - Throws: `ProgramError.refused` or `DatabaseError` when they are not there.
    func openDatabase(_ threads: Threads = Threads()) async throws -> any Database {
        switch rows {
        case .sqlite:
            return try SQLiteDatabase(path: try directory().database, readers: threads.readers ?? 2)
        case .postgresql(let address):
            return try await PostgreSQLDatabase(
                address, writers: threads.writers ?? 4, readers: threads.readers ?? 4)
        }
    }

    /// Opens the store of the blobs.
    /// - Throws: `BlobStoreError.refused` or `.unavailable` when a service is not as it must be.
    func openBlobs() async throws -> any BlobStore {
        switch blobs {
        case .local: return try LocalBlobStore(directory: try directory().blobs)
        case .s3(let place): return try await place.open()
        }
    }

    /// Opens the bucket that holds the blobs; nil when they are files.
    func openBucket() async throws -> (any BlobStore)? {
        guard case .s3(let place) = blobs else { return nil }
        return try await place.open()
    }

    /// - Throws: `ProgramError.refused` when the store bears the mark of another vault.
    func demandNoOther(in store: any BlobStore, than ring: KeyRing) async throws {
        guard try await BlobStoreMark.find(in: store, for: ring) != .another else { throw belongsToAnother }
    }

    /// - Throws: `ProgramError.refused` when the store bears any vault's mark.
    func demandNobody(in store: any BlobStore) async throws {
        guard try await !BlobStoreMark.isThere(in: store) else { throw belongsToAnother }
    }

    private var belongsToAnother: ProgramError {
        .refused(
            "\(blobsDescription) holds the blobs of another vault; give this vault a bucket, prefix or directory of its own"
        )
    }

    /// Opens the store of the blobs of the vault that `ring` belongs to, and marks it as that vault's.
    /// - Parameters:
    ///   - database: the vault's rows; a store without a mark must have none of the blobs they point at.
    ///   - bucket: the store, when it is open already.
    /// - Throws: `ProgramError.refused` when the store is another vault's, or not the one that the rows know.
    func openBlobs(
        of ring: KeyRing, known database: any Database, _ bucket: (any BlobStore)?
    ) async throws -> any BlobStore {
        let store: any BlobStore
        if let bucket { store = bucket } else { store = try await openBlobs() }
        switch try await BlobStoreMark.find(in: store, for: ring) {
        case .ours: return store
        case .another: throw belongsToAnother
        case .none: break
        }
        let knowsBlobs = try await database.read { snapshot in
            try snapshot.exists("SELECT 1 FROM blobs WHERE inline_content IS NULL LIMIT 1")
        }
        // A directory from before there were marks; blobs that are missing there are the doctor's business.
        if case .s3 = blobs, knowsBlobs {
            throw ProgramError.refused(
                "\(blobsDescription) is not the place of this vault's blobs: it bears no mark of the vault; correct "
                    + "\(Settings.blobStore.environment)")
        }
        try await BlobStoreMark.put(into: store, for: ring)
        return store
    }

    private var blobsDescription: String {
        switch blobs {
        case .local: data?.blobs ?? ""
        case .s3(let place): place.description
        }
    }

    /// Whether the rows are there, as far as can be told without opening them; nil for a server, which must be asked.
    var holdsLocalVault: Bool? {
        guard case .sqlite = rows, let data else { return nil }
        return data.holdsVault
    }

    /// Whether somebody's vault is there; asks the server if need be.
    func holdsVault() async throws -> Bool {
        if let holdsLocalVault { return holdsLocalVault }
        let database = try await openDatabase(Threads(readers: 1, writers: 1))
        do {
            let isClaimed = try await VaultIdentity.isClaimed(database)
            await database.close()
            return isClaimed
        } catch {
            await database.close()
            throw error
        }
    }

    private func directory() throws(ProgramError) -> DataDirectory {
        guard let data else { throw .setting("--data DIR is missing") }
        return data
    }
}
