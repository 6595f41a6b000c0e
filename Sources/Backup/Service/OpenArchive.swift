public import BlobStore
import Database
import Synchronization
public import Vault

/// One volume of an archive, to be given out.
public struct ServedVolume: Sendable {
    public let record: BackupRecord
    public let volume: ArchiveVolume
    /// From 1.
    public let number: Int
    public let count: Int
    public let file: any ArchiveFile
}

extension Backups {
    /// Opens a volume for a download; journalled before the first byte, once a person and volume within five minutes.
    /// - Parameter number: from 1; nil where there is only one.
    /// - Throws: `VaultError.notFound(.backup)`, `.backup(.notCompleted)`, `.volumeNeeded`, `.archiveGone`.
    public func open(_ id: BackupID, volume number: Int?, as principal: Principal) async throws -> ServedVolume {
        try principal.require(.manageBackups)
        let (record, volumes) = try await core.database.read { snapshot in
            (try BackupRows.record(id, in: snapshot), try BackupRows.volumes(of: id, in: snapshot))
        }
        guard record.state == .completed else { throw VaultError.backup(.notCompleted) }
        let wanted = number ?? (volumes.count == 1 ? 1 : 0)
        guard volumes.indices.contains(wanted - 1) else {
            throw VaultError.backup(.volumeNeeded(count: volumes.count))
        }
        let volume = volumes[wanted - 1]
        guard let name = ArchiveName(volume.name) else { throw VaultError.backup(.archiveGone) }
        let file: any ArchiveFile
        do { file = try await store.reader(name) } catch is ArchiveStoreError {
            throw VaultError.backup(.archiveGone)
        }
        guard file.size == volume.size else { throw VaultError.backup(.archiveGone) }
        if downloads.isNew(id, wanted, principal.account, at: core.clock.now()) {
            let plain = "{\"volume\":\(wanted),\"forme\":\"\(record.form.rawValue)\"}"
            try await core.database.write { [core] transaction in
                try core.audit.record(
                    .backupDownloaded, on: .backup(id), by: principal, plain: Array(plain.utf8), in: transaction)
            }
        }
        return ServedVolume(record: record, volume: volume, number: wanted, count: volumes.count, file: file)
    }
}

/// Who took which volume lately: a download in a thousand ranges is one.
final class DownloadNotes: Sendable {
    private struct Key: Hashable {
        let backup: BackupID
        let volume: Int
        let account: AccountID
    }

    private static let repeatedWithin: Int64 = 5 * 60 * 1_000
    private static let limit = 1_000
    private let notes = Mutex<[Key: Int64]>([:])

    func isNew(_ backup: BackupID, _ volume: Int, _ account: AccountID, at moment: Timestamp) -> Bool {
        let now = moment.milliseconds
        return notes.withLock { notes in
            let key = Key(backup: backup, volume: volume, account: account)
            if let last = notes[key], now - last < Self.repeatedWithin { return false }
            if notes.count >= Self.limit { notes = notes.filter { now - $0.value < Self.repeatedWithin } }
            if notes.count >= Self.limit { notes.removeAll() }
            notes[key] = now
            return true
        }
    }
}
