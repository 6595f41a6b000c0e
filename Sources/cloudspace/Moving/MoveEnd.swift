import BlobStore
import Crypto
import Database
import Vault

/// One end of a move, opened: where rows and blobs come from, or where they go.
struct MoveEnd: Sendable {
    let place: MovePlace
    let database: any Database
    let blobs: any BlobStore
    /// Keeps servers away for as long as the move runs.
    let lock: FileLock?

    init(place: MovePlace, database: any Database, blobs: any BlobStore, lock: FileLock? = nil) {
        self.place = place
        self.database = database
        self.blobs = blobs
        self.lock = lock
    }

    func close() async { await database.close() }
}

/// Opening the ends.
extension MoveEnd {
    enum Use: Sendable {
        /// To copy from it: nobody may change it meanwhile.
        case copying
        /// To compare with it.
        case looking
    }

    /// Opens a vault to read from it; nothing of it is changed.
    /// - Throws: `ProgramError.refused` when there is none, or when a server serves it.
    static func source(
        _ place: MovePlace, _ use: Use, keys end: BucketKeys.End = .source
    ) async throws -> MoveEnd {
        var lock: FileLock?
        let database: any Database
        switch place.rows {
        case .directory(let path):
            let data = DataDirectory(path: path)
            guard let file = FileSystem.status(of: data.database), file.size > 0 else {
                throw ProgramError.refused("there is no vault in \(path.printable)")
            }
            if use == .copying { lock = try lockOut(ofExisting: data) }
            database = try ReadOnlySQLiteDatabase(path: data.database)
        case .postgresql(let url):
            database = try await PostgreSQLDatabase(
                try PostgreSQLAddress(url), writers: 1, readers: 2)
        }
        do {
            // The lock tells of the one server that a directory has; those of a database tell of themselves.
            if use == .copying, lock == nil { try await demandNoNodes(in: database) }
            return MoveEnd(place: place, database: database, blobs: try blobsToRead(place.blobs, end), lock: lock)
        } catch {
            await database.close()
            throw error
        }
    }

    /// Opens or makes the place that a vault moves to. What it holds already is for the caller to look at.
    /// - Throws: `ProgramError.refused` when a server serves it.
    static func target(_ place: MovePlace) async throws -> MoveEnd {
        var lock: FileLock?
        let database: any Database
        switch place.rows {
        case .directory(let path):
            let data = DataDirectory(path: path)
            _ = try FileSystem.makeDirectory(path)
            guard let held = try FileLock(path: data.serverLock) else {
                throw ProgramError.refused("a server, or another move, uses \(path.printable) already; stop it first")
            }
            lock = held
            database = try SQLiteDatabase.filling(path: data.database)
        case .postgresql(let url):
            database = try await PostgreSQLDatabase(
                try PostgreSQLAddress(url), writers: 2, readers: 2)
        }
        do {
            return MoveEnd(place: place, database: database, blobs: try await targetBlobs(place.blobs), lock: lock)
        } catch {
            await database.close()
            throw error
        }
    }

    /// Opens a target to look at what it holds, making nothing; nil when there is nothing.
    static func existing(_ place: MovePlace) async throws -> MoveEnd? {
        if case .directory(let path) = place.rows {
            guard let file = FileSystem.status(of: DataDirectory(path: path).database), file.size > 0 else {
                return nil
            }
        }
        return try await source(place, .looking, keys: .target)
    }

    /// Opens a store of blobs to read from it; nothing is made.
    static func blobsToRead(_ blobs: MovePlace.Blobs, _ end: BucketKeys.End) throws -> any BlobStore {
        switch blobs {
        case .directory(let path): LocalBlobStore(reading: DataDirectory(path: path).blobs)
        case .s3(let url): try bucket(url, end)
        }
    }

    /// Whether a store is marked as that of the vault with these keys.
    /// - Throws: `ProgramError.refused` when it is another vault's, or holds blobs of nobody knows whom.
    static func bearsOurMark(_ store: any BlobStore, _ ring: KeyRing) async throws -> Bool {
        switch try await BlobStoreMark.find(in: store, for: ring) {
        case .ours: return true
        case .another: throw MoveWords.foreignBlobs
        case .none: break
        }
        let blobs = try await store.list(after: nil, limit: 1)
        guard blobs.isEmpty else { throw MoveWords.foreignBlobs }
        return false
    }

    private static func targetBlobs(_ blobs: MovePlace.Blobs) async throws -> any BlobStore {
        switch blobs {
        case .directory(let path):
            _ = try FileSystem.makeDirectory(path)
            return try LocalBlobStore(directory: DataDirectory(path: path).blobs)
        case .s3(let url):
            let store = try bucket(url, .target)
            try await store.check()
            return store
        }
    }

    private static func bucket(_ url: String, _ end: BucketKeys.End) throws -> S3BlobStore {
        try S3BlobStore(try S3Location.parse(url), credentials: try BucketKeys().credentials(for: end))
    }

    /// - Throws: `ProgramError.refused` while servers tell that they serve the vault.
    private static func demandNoNodes(in database: any Database) async throws {
        let dialect = database.dialect
        let labels = try await database.read { snapshot -> [String] in
            guard try TableCatalog.holds(table: "cluster_nodes", in: snapshot, dialect: dialect) else { return [] }
            // Three beats of five seconds, as the nodes judge each other.
            let since = snapshot.now.milliseconds - 15_000
            return try snapshot.all("SELECT label FROM cluster_nodes WHERE seen_at > \(since) ORDER BY label LIMIT 5") {
                $0.text(0)
            }
        }
        guard !labels.isEmpty else { return }
        throw ProgramError.refused(
            "servers are serving the source (\(labels.joined(separator: ", ").printable)); stop them first, for what is written "
                + "during the move would be left behind (one that was killed counts for 15 seconds more)")
    }

    /// Where no server has ever been there is no lock, and none is made: the source stays as it is.
    private static func lockOut(ofExisting data: DataDirectory) throws -> FileLock? {
        guard FileSystem.status(of: data.serverLock) != nil else { return nil }
        guard let lock = try FileLock(existing: data.serverLock) else {
            throw ProgramError.refused(
                "a server is serving \(data.path.printable); stop it first, for what is written during the move would be left "
                    + "behind")
        }
        return lock
    }
}
