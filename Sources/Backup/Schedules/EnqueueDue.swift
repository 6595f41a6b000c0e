import Database
import Vault

extension BackupRunner {
    /// Queues the backups of schedules that are due.
    func enqueueDue(_ lease: Lease) async throws {}
}
