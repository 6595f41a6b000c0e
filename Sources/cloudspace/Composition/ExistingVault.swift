import Crypto
import Database
import Journal

/// A vault opened to look at it: nothing is made, nothing is migrated.
struct ExistingVault: Sendable {
    let place: VaultPlace
    let keys: KeyAccess
    let ring: KeyRing
    let database: any Database
    let journal: Journal

    /// - Throws: `ProgramError.refused` when there is no vault, no keys, or the two do not belong together.
    static func open(_ configuration: Configuration) async throws -> ExistingVault {
        let place = try VaultPlace(configuration)
        let keys = try KeyAccess(configuration)
        if case .sqlite = place.rows, let data = place.data {
            guard data.holdsVault else {
                throw ProgramError.refused("there is no vault in \(data.path) yet; `cloudspace serve` makes one")
            }
            guard FileSystem.status(of: data.database) != nil else {
                throw ProgramError.refused("\(data.path) has no database; put \(data.database) back from its backup")
            }
        }
        let ring = try await keys.unlock()
        let database = try await place.openDatabase(VaultPlace.Threads(readers: 1, writers: 1))
        do {
            guard try await VaultIdentity.isClaimed(database) else {
                throw ProgramError.refused(
                    "there is no vault in \(place.description) yet; `cloudspace serve` makes one")
            }
            try await VaultIdentity(of: ring).check(database)
        } catch {
            await database.close()
            throw error
        }
        return ExistingVault(
            place: place, keys: keys, ring: ring, database: database,
            journal: VaultParts.journal(of: ring, on: database))
    }
}
