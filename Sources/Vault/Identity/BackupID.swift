public enum BackupEntity {}
public enum BackupScheduleEntity {}

/// One archive of the vault, or of a part of it. The vault names it; `Backup` makes it.
public typealias BackupID = ID<BackupEntity>
/// A rule that has backups made without being asked.
public typealias BackupScheduleID = ID<BackupScheduleEntity>
