import Archive
public import BlobStore
public import Crypto
public import Database
public import Vault

/// Makes portable archives: plain contents under a password, in WinZip AES-256, for any tool that knows it.
///
/// One snapshot says which files there are and which version of each is the current one; versions never change, so their
/// contents are read later. They are opened in memory on their way into the archive: no disk sees them in clear. Names and
/// folders are in clear in the archive's directory, as the format has it, and in the sealed scratch of nobody: the volume is
/// written once, as it will be.
public struct PortableArchiveMaker: PortableArchiveMaking {
    private let core: VaultCore
    private let rows: any Database

    /// Fewer characters are refused: who has the archive can try passwords as fast as machines go.
    public static let shortestPassword = 12
    /// Contents destroyed while a volume was made, after which it is given up.
    private static let mostGone = 1_000

    /// - Parameter rows: read for the one long snapshot, so that the server's own readers stay free.
    public init(core: VaultCore, rows: any Database) {
        self.core = core
        self.rows = rows
    }

    /// - Throws: `VaultError.invalid(field: "mot_de_passe", …)` for a password that is too short or no text;
    ///   `ArchiveRefusal.nothingToBackUp`, `.unfitBase` for an increment, `.tooMuchDestroyed`; what store and disk throw.
    public func run(
        _ order: BackupOrder, password: borrowing SecretBytes, into store: any ArchiveStore,
        progress: any WorkProgress
    ) async throws -> ArchiveSummary {
        let characters = password.withBytes { span in
            span.indices.count { span[$0] & 0xc0 != 0x80 }
        }
        guard characters >= Self.shortestPassword else {
            throw VaultError.invalid(field: "mot_de_passe", .tooShort(minimum: Self.shortestPassword))
        }
        guard let key = ZIPPassword(password) else {
            throw VaultError.invalid(field: "mot_de_passe", .forbiddenCharacter)
        }
        if case .incremental(let base) = order.mode { throw ArchiveRefusal.unfitBase(base) }
        return try await make(order, key, store, progress)
    }

    private func make(
        _ order: BackupOrder, _ password: ZIPPassword, _ store: any ArchiveStore, _ progress: any WorkProgress
    ) async throws -> ArchiveSummary {
        let (core, scope) = (core, order.scope)
        let tree = try await rows.read { snapshot in try PortableTree(of: scope, core: core, in: snapshot) }
        progress.expect(entries: tree.entries.count, bytes: tree.bytes)
        let volumes = PortableVolumes.divide(tree.entries, limit: order.volumeLimit)
        let job = PortableVolumeJob(
            core: core, order: order, password: password, store: store, progress: progress, moment: tree.moment,
            volumeCount: volumes.count)
        do {
            var kept: [ArchiveVolume] = []
            var gone = PortableVolumeJob.Gone()
            var list = ContentHasher(md5: false)
            for (index, entries) in volumes.enumerated() {
                try progress.check()
                let done = try await job.make(index + 1, entries, mostGone: Self.mostGone - gone.files)
                kept.append(done.volume)
                gone.files += done.gone.files
                gone.bytes += done.gone.bytes
                list.update(done.manifestHash)
            }
            return ArchiveSummary(
                moment: tree.moment, volumes: kept, manifestHash: list.finish().sha256, files: tree.files - gone.files,
                folders: tree.folders, versions: tree.files - gone.files, blobs: tree.files - gone.files,
                bytes: tree.bytes - gone.bytes, journalSize: 0)
        } catch {
            // A part of an archive in clear is nothing to keep.
            try? await ArchiveLeftovers.remove(order.id, from: store)
            throw error
        }
    }
}
