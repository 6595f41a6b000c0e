public import BlobStore
public import Database
public import Journal
public import Vault

/// Makes archives of the sealed form: stored ciphertext copied as it is, rows and manifest sealed (design, section 9;
/// docs/formats/sealed-archive.md).
///
/// An archive shows one moment while people go on writing: rows come from one snapshot, and contents never change. Memory
/// does not depend on how much there is. Scratch holds the sealed rows and at most two volumes.
public struct SealedArchiveMaker: Sendable {
    let core: VaultCore
    let journal: Journal
    let rows: any Database
    let programVersion: String

    /// - Parameters:
    ///   - rows: the vault's database by a handle of its own: a snapshot of it stays open while all rows are read.
    ///   - programVersion: written into the manifest for people.
    public init(core: VaultCore, journal: Journal, rows: any Database, programVersion: String) {
        self.core = core
        self.journal = journal
        self.rows = rows
        self.programVersion = programVersion
    }

    /// Makes one archive. When it throws, or its task is cancelled, nothing of the archive is left.
    ///
    /// - Throws: ``ArchiveRefusal``; `BlobStoreError.full`, `.unavailable`, …; `DatabaseError`; what `progress` throws.
    public func run(
        _ order: BackupOrder, into store: any ArchiveStore, progress: any WorkProgress = NoProgress()
    ) async throws -> ArchiveSummary {
        try await ArchiveLeftovers.remove(order.id, from: store)
        do {
            try? await core.sequencer.catchUp()
            let run = try await ArchiveRun(self, order, store, progress)
            return try await run.run()
        } catch {
            // Also when the task was cancelled: the clearing must not be.
            await Task.detached { try? await ArchiveLeftovers.remove(order.id, from: store) }.value
            throw error
        }
    }
}
