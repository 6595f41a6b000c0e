import Backup
import BlobStore
import Crypto
import Database
import Vault

/// What a vault is restored from: an archive, with the keys that open it.
struct RestoreSource: Sendable {
    let place: String
    let store: any ArchiveStore
    let bundle: OpenedKeyBundle
    let archive: SealedArchive

    /// Opens the bundle with the recovery key, then the archive with what the bundle holds.
    ///
    /// - Parameters:
    ///   - id: which archive; nil for the newest whole one of the system.
    ///   - tell: told of what there is and what was chosen.
    /// - Throws: `ProgramError.refused` in words that say what to bring.
    static func open(
        from place: String, _ store: any ArchiveStore, bundle path: String, secret: RecoverySecretKey,
        backup id: BackupID?, tell: (String) -> Void
    ) async throws -> RestoreSource {
        let bundle: OpenedKeyBundle
        do {
            bundle = try await OpenedKeyBundle.open(try await DirectoryArchiveStore.file(path), with: secret)
        } catch let refusal as KeyBundleRefusal {
            throw ProgramError.refused("\(path.printable): \(refusal)")
        } catch let error as BlobStoreError {
            throw ProgramError.refused("\(path.printable) cannot be read: \(error)")
        }
        let keys = ArchiveKeys(bundle.ring)
        let chosen: BackupID
        if let id { chosen = id } else { chosen = try await newest(in: store, keys: keys, place, tell: tell) }
        let archive: SealedArchive
        do {
            archive = try await SealedArchive.open(chosen, in: store, keys: keys)
        } catch ArchiveRefusal.foreignVault {
            throw ProgramError.refused(
                "backup \(chosen) is of another vault than the key bundle, which belongs to vault "
                    + "\(MoveWords.id(bundle.vaultID)); give that vault's bundle")
        } catch let refusal as ArchiveRefusal {
            throw ProgramError.refused("backup \(chosen) in \(place.printable): \(refusal)")
        }
        let manifest = archive.manifest
        guard manifest.scope == .system else {
            throw ProgramError.refused(
                "backup \(chosen) is of one part of a vault (\(manifest.scope.documentName)); a vault is made of a backup of "
                    + "kind systeme")
        }
        guard bundle.lastSequence >= manifest.journal.lastSequence else {
            throw ProgramError.refused(
                "the key bundle of \(moment(bundle.madeAt)) is older than backup \(chosen) of \(moment(manifest.moment)): what "
                    + "was stored between the two would be lost for ever; give the newest key bundle, or an older backup"
            )
        }
        return RestoreSource(place: place, store: store, bundle: bundle, archive: archive)
    }

    /// Tells what lies there and chooses the newest archive that opens.
    private static func newest(
        in store: any ArchiveStore, keys: ArchiveKeys, _ place: String, tell: (String) -> Void
    ) async throws -> BackupID {
        let found = try await FindArchives(in: store, keys: keys)()
        guard !found.isEmpty else { throw ProgramError.refused("there is no sealed archive in \(place.printable)") }
        tell("archives in \(place.printable):")
        for archive in found {
            if let manifest = archive.manifest {
                let kind = manifest.chain.isEmpty ? "full" : "increment \(manifest.chain.count)"
                tell(
                    "  \(archive.id)  \(moment(manifest.moment))  \(manifest.scope.documentName), \(kind), "
                        + "\(Figures.count(manifest.counts.files)) files")
            } else {
                tell("  \(archive.id)  does not open: \(archive.refusal.map { "\($0)" } ?? "")")
            }
        }
        guard let last = found.last(where: { $0.manifest?.scope == .system }) else {
            throw ProgramError.refused(
                "none of the archives in \(place.printable) is a whole one of a vault of these keys")
        }
        tell("taking \(last.id), the newest of kind systeme; --backup takes another")
        return last.id
    }

    static func moment(_ time: Timestamp) -> String { time.iso8601 }
}
