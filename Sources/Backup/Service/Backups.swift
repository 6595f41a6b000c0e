public import BlobStore
import Crypto
import Database
package import Journal
import Synchronization
public import Vault

/// What an operator may set about backups.
public struct BackupSettings: Sendable {
    /// Most bytes of a volume.
    public var volumeLimit = BackupOrder.defaultVolume
    /// Backups and proofs that are worked on at once.
    public var atOnce = 1
    /// Backups that may wait or be made.
    public var mostWaiting = 100
    /// How often a backup is drilled without anybody asking, in seconds; nil for never.
    public var drillInterval: Int64? = 86_400
    /// Files that a drill restores.
    public var drillSample = 20

    public init() {}
}

/// The backups of one vault: asking for them, following them, giving them out, letting them go. Routes and commands speak to
/// this; the work itself is a leased job's (``BackupRunner``).
public final class Backups: Sendable {
    package let core: VaultCore
    package let store: any ArchiveStore
    package let settings: BackupSettings
    let work: ArchiveWork
    /// Seals passwords while they wait, and what people wrote about schedules.
    let key: SealingKey
    let followers = Followers()
    /// Raised when somebody asked for work on this node, so that it need not wait for the next look.
    package let asked = WakeSignal()
    let downloads = DownloadNotes()
    let statisticsCache = Mutex<(at: Timestamp, value: BackupStatistics)?>(nil)

    public init(
        _ core: VaultCore, store: any ArchiveStore, work: ArchiveWork, settings: BackupSettings = BackupSettings()
    ) {
        self.core = core
        self.store = store
        self.work = work
        self.settings = settings
        key = core.keyring.ring.stableKey("cloudspace backup orders")
    }

    /// Ends the live streams, so that a server's stop need not wait for them.
    public func serverStops() { followers.stop() }

    static func passwordContext(_ id: BackupID) -> SealContext { SealContext("cloudspace archive password", id.value) }
    static func scheduleContext(_ id: BackupScheduleID) -> SealContext {
        SealContext("cloudspace backup schedule", id.value)
    }
}
