public import BlobStore
public import Vault

/// Takes away what is left of an archive that is not wanted, or never came to its end.
public enum ArchiveLeftovers {
    /// Removes all volumes and scratch files of a backup; succeeds when there are none.
    public static func remove(_ backup: BackupID, from store: any ArchiveStore) async throws {
        ScratchDirectory.remove(beginningWith: "\(backup)-", in: store.scratch)
        var after: ArchiveName?
        while true {
            let page = try await store.list(prefix: ArchiveNames.prefix(of: backup), after: after, limit: 500)
            guard let last = page.last else { return }
            // From the end: without its manifest an archive is none, whatever happens in between.
            for entry in page.reversed() { try await store.delete(entry.name) }
            after = last.name
        }
    }
}
