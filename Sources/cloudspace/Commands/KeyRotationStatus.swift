import Crypto
import Database
import Vault

/// The line about the last rotation in `keys status`, from the rows alone: nothing is opened, nothing changed.
enum KeyRotationStatus {
    /// - Returns: nil when there never was one, or the database cannot be asked (which is told elsewhere).
    static func line(_ place: VaultPlace, _ ring: KeyRing) async -> String? {
        guard (try? await place.holdsVault()) == true,
            let database = try? await place.openDatabase(VaultPlace.Threads(readers: 1, writers: 1))
        else { return nil }
        let rotation = try? await RotateKeys.latest(in: database, of: ring)
        await database.close()
        guard let rotation = rotation ?? nil else { return nil }
        let state =
            rotation.isPaused
            ? "paused at \(rotation.done) of \(rotation.total) keys"
            : RotationWords.line(rotation, at: SystemClock().now())
        let problem = rotation.problem != nil && !rotation.state.isFinished ? "; \(RotationWords.advice(rotation))" : ""
        return "\(rotation.from) to \(rotation.to): \(state)\(problem)"
    }
}
