import Backup
import BlobStore
import Database

/// Where the key bundle is kept: apart from the archives, for whoever has both and the recovery key has the vault.
struct KeyBundlePlace: Sendable {
    let directory: String

    /// - Throws: `ProgramError.setting` when it is where data or archives are.
    init(_ configuration: Configuration) throws(ProgramError) {
        let keys = try configuration[Settings.keys]
        directory = FileSystem.resolved(
            try configuration[Settings.keyBundleStore] ?? "\(FileSystem.resolved(keys)).bundle")
        for (place, words) in try Self.forbidden(configuration) where Self.isInside(directory, place) {
            throw .setting(
                "the key bundle would be kept in \(directory.printable), where \(words) are; give --"
                    + "\(Settings.keyBundleStore.name) a place of its own")
        }
    }

    private static func forbidden(_ configuration: Configuration) throws(ProgramError) -> [(String, String)] {
        var places: [(String, String)] = []
        if let data = try configuration[Settings.data] { places.append((FileSystem.resolved(data), "the data")) }
        if case .directory(let archives) = try BackupPlace(configuration).kind {
            places.append((archives, "the archives"))
        }
        return places
    }

    private static func isInside(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory + "/")
    }

    /// Opens the place, made if it is missing.
    func open() throws -> any ArchiveStore {
        do { return try DirectoryArchiveStore(directory: directory) } catch {
            throw ProgramError.refused(
                "the key bundle cannot be kept in \(directory.printable): \(error); make its parent directory, or correct "
                    + "--\(Settings.keyBundleStore.name)")
        }
    }
}

/// Keeps the key bundle of a served vault in step with its keys.
struct KeyBundles: Sendable {
    let parts: VaultParts
    let rows: any Database
    let configuration: Configuration

    /// Makes a bundle when one is due. Does nothing while no recovery key is set.
    func refresh() async throws {
        let maker = KeyBundleMaker(core: parts.core, rows: rows)
        guard try await maker.isDue() else { return }
        try await maker.run(into: try KeyBundlePlace(configuration).open())
    }
}
