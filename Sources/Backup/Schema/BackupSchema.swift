public import Database

/// The tables of backups. Frozen history: a migration, once released, never changes.
///
/// They come after those of the vault. Ids are 16-byte UUIDs, times UTC milliseconds, sizes bytes; what a person wrote is
/// in a `sealed_…` column.
public enum BackupSchema {
    /// What `Migrator` records them under.
    public static let name: StaticString = "backup"

    public static let migrations: [Migration] = [
        BackupTables.migration, RecoverySchema.migration, ImportSchema.migration, RestoreTables.migration,
    ]
}
