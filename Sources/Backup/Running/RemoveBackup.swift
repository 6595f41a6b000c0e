import BlobStore
import Database
import Vault

extension BackupRunner {
    /// Removes what is left of a backup: its files, and where it is being deleted its rows after them.
    ///
    /// Killed in between, the row is there still and the same is done again: no file stays without a row that knows it.
    func remove(_ record: BackupRecord, _ lease: Lease) async throws {
        do {
            try await removeFiles(of: record.id)
        } catch let error as BlobStoreError {
            // The store is away: the row says so, and its time comes again.
            return report(.failed(record.id, BackupProblem(.storeUnavailable, error.description), again: true))
        }
        let id = record.id
        let isGone = try await core.database.write { [leases] transaction in
            try leases.confirm(lease, in: transaction)
            let state = try transaction.first("SELECT state FROM backups WHERE id = \(id)") { $0.text(0) }
            guard state == BackupState.deleting.rawValue else {
                try transaction.run("UPDATE backups SET has_leftovers = 0 WHERE id = \(id)")
                return false
            }
            try BackupChecks.delete(of: id, in: transaction)
            try transaction.run("DELETE FROM backup_volumes WHERE backup_id = \(id)")
            try transaction.run("DELETE FROM backups WHERE id = \(id)")
            return true
        }
        if isGone { report(.deleted(id)) }
    }

    /// All files of a backup, by their prefix: volumes that no row knows, too. The last volume, which has the manifest, goes
    /// first: what is left is no archive any more.
    func removeFiles(of id: BackupID) async throws {
        try await ArchiveLeftovers.remove(id, from: backups.store)
    }
}
