import Backup
import BlobStore
import Database
import Vault

/// Where archives are kept, and what makes them.
struct BackupPlace: Sendable {
    enum Kind: Sendable {
        case directory(String)
        case bucket(S3Place, scratch: String)
    }

    let kind: Kind
    let settings: BackupSettings

    init(_ configuration: Configuration) throws(ProgramError) {
        let place = try VaultPlace(configuration)
        switch try configuration[Settings.backupStore] {
        case .directory(let path): kind = .directory(FileSystem.resolved(path))
        case .bucket(let location):
            kind = .bucket(try S3Place(location, configuration), scratch: try Self.scratch(configuration, place))
        case nil: kind = try Self.beside(place, configuration)
        }
        var settings = BackupSettings()
        if let size = try configuration[Settings.backupVolumeSize] {
            guard size >= BackupOrder.smallestVolume else {
                throw .setting("--\(Settings.backupVolumeSize.name): a volume has 16M or more")
            }
            settings.volumeLimit = size
        }
        settings.atOnce = try configuration[Settings.backupsAtOnce]
        let interval = try configuration[Settings.drillInterval]
        settings.drillInterval = interval > 0 ? interval : nil
        settings.drillSample = try configuration[Settings.drillSample]
        self.settings = settings
    }

    /// Where the blobs are, when nobody says anything.
    private static func beside(_ place: VaultPlace, _ configuration: Configuration) throws(ProgramError) -> Kind {
        if case .s3(let bucket) = place.blobs {
            let location: S3Location
            do { location = try bucket.location.appending("backups") } catch {
                throw .setting("the prefix of \(Settings.blobStore.environment) is too long for archives below it")
            }
            return .bucket(try S3Place(location, configuration), scratch: try scratch(configuration, place))
        }
        guard let data = place.data else {
            throw .setting("--\(Settings.backupStore.name) is missing: there is no data directory to keep archives in")
        }
        return .directory(FileSystem.resolved(data.path) + "/backups")
    }

    private static func scratch(_ configuration: Configuration, _ place: VaultPlace) throws(ProgramError) -> String {
        if let path = try configuration[Settings.backupScratch] { return path }
        if let data = place.data { return data.path + "/backup-scratch" }
        // All that is made there is sealed.
        return "/var/tmp/cloudspace-backup"
    }

    /// What an operator calls it.
    var description: String {
        switch kind {
        case .directory(let path): path
        case .bucket(let place, _): place.description
        }
    }

    /// Opens the place. A bucket is not asked: a server serves although archives cannot be kept at the moment.
    func openStore() throws -> any ArchiveStore {
        switch kind {
        case .directory(let path):
            do { return try DirectoryArchiveStore(directory: path) } catch {
                throw ProgramError.refused(
                    "archives cannot be kept in \(path): \(error.description); make its parent directory, or correct "
                        + "--\(Settings.backupStore.name)")
            }
        case .bucket(let place, let scratch):
            return try S3ArchiveStore(place.location, credentials: place.credentials, scratch: scratch)
        }
    }

    /// A handle on the rows for the long snapshots that archives are made of: the server's own readers stay free.
    static func openRows(_ place: VaultPlace) async throws -> any Database {
        switch place.rows {
        case .sqlite:
            guard let data = place.data else { throw ProgramError.setting("--data DIR is missing") }
            return try ReadOnlySQLiteDatabase(path: data.database)
        case .postgresql: return try await place.openDatabase(VaultPlace.Threads(readers: 2, writers: 1))
        }
    }

    /// The backups of an opened vault.
    /// - Parameter rows: see ``openRows(_:)``; closed by whoever opened it.
    func backups(_ parts: VaultParts, rows: any Database) throws -> Backups {
        let maker = SealedArchiveMaker(
            core: parts.core, journal: parts.journal, rows: rows, programVersion: Program.version)
        return Backups(
            parts.core, store: try openStore(),
            work: ArchiveWork(
                sealed: maker, portable: PortableArchiveMaker(core: parts.core, rows: rows),
                proving: SealedArchiveProof(core: parts.core, journal: parts.journal)),
            settings: settings)
    }
}
