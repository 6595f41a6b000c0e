import Crypto
import Database
import Journal

/// A vault opened to look at it: nothing is made, nothing is migrated.
struct ExistingVault: Sendable {
    let data: DataDirectory
    let keys: KeyAccess
    let ring: KeyRing
    let database: SQLiteDatabase
    let journal: Journal

    /// - Throws: `ProgramError.refused` when there is no vault, no keys, or the two do not belong together.
    static func open(_ configuration: Configuration) async throws -> ExistingVault {
        let data = DataDirectory(path: try configuration[Settings.data])
        let keys = try KeyAccess(configuration)
        guard data.holdsVault else {
            throw ProgramError.refused("there is no vault in \(data.path) yet; `cloudspace serve` makes one")
        }
        guard FileSystem.status(of: data.database) != nil else {
            throw ProgramError.refused("\(data.path) has no database; put \(data.database) back from its backup")
        }
        let ring = try keys.provider.unlock()
        let database = try SQLiteDatabase(path: data.database, readers: 1)
        do {
            try await VaultIdentity(of: ring).check(database)
        } catch {
            await database.close()
            throw error
        }
        return ExistingVault(
            data: data, keys: keys, ring: ring, database: database, journal: VaultParts.journal(of: ring))
    }
}
