import Crypto
public import Database
public import Vault

/// What backups that come by themselves are like. They are always sealed.
public struct BackupScheduleDefinition: Sendable, Equatable {
    /// 1 to 50 characters on one line; sealed where it rests.
    public var name: String
    public var kind: BackupKind
    public var target: NodeID?
    public var rhythm: BackupRhythm
    /// Every so many-th one is full, those between stand on the one before; 1 to 1,000, 1 for all.
    public var fullEvery: Int
    public var keep: KeepPolicy
    public var isEnabled: Bool

    public init(
        name: String, kind: BackupKind, target: NodeID? = nil, rhythm: BackupRhythm, fullEvery: Int = 1,
        keep: KeepPolicy = KeepPolicy(), isEnabled: Bool = true
    ) {
        self.name = name
        self.kind = kind
        self.target = target
        self.rhythm = rhythm
        self.fullEvery = fullEvery
        self.keep = keep
        self.isEnabled = isEnabled
    }
}

/// A schedule with what became of it last.
public struct BackupSchedule: Sendable {
    public let id: BackupScheduleID
    public let definition: BackupScheduleDefinition
    public let createdBy: AccountID?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// When the next one is due; it is made soon after, once, however many were missed.
    public let nextAt: Timestamp
    public internal(set) var latest: BackupRecord?
}

/// The statements on `backup_schedules`.
struct BackupScheduleRows {
    static let columns: SQL = """
        s.id, s.sealed_name, s.kind, s.target_id, s.rhythm, s.every, s.hour, s.minute, s.day, s.full_every, s.keep_last,
        s.keep_daily, s.keep_weekly, s.keep_monthly, s.enabled, s.created_by, s.created_at, s.updated_at, s.next_at
        """

    /// Opens names: a schedule speaks of no document and outlives who made it.
    let key: SealingKey

    func read(_ row: borrowing Row) throws -> BackupSchedule? {
        let id = BackupScheduleID(row.uuid(0))
        guard let kind = BackupKind(rawValue: row.text(2)), let unit = BackupRhythm.Unit(rawValue: row.text(4)) else {
            return nil
        }
        let name = try key.open(row.bytes(1), context: Backups.scheduleContext(id))
        let definition = BackupScheduleDefinition(
            name: String(decoding: name, as: UTF8.self), kind: kind, target: row.optionalUUID(3).map { NodeID($0) },
            rhythm: BackupRhythm(
                unit, every: row.int(5), hour: row.int(6), minute: row.int(7), day: row.int(8)),
            fullEvery: row.int(9),
            keep: KeepPolicy(last: row.int(10), daily: row.int(11), weekly: row.int(12), monthly: row.int(13)),
            isEnabled: row.bool(14))
        return BackupSchedule(
            id: id, definition: definition, createdBy: row.optionalUUID(15).map { AccountID($0) },
            createdAt: row.timestamp(16), updatedAt: row.timestamp(17), nextAt: row.timestamp(18), latest: nil)
    }

    func write(
        _ definition: BackupScheduleDefinition, _ id: BackupScheduleID, by account: AccountID?,
        in transaction: borrowing Transaction
    ) throws {
        let now = transaction.now
        let name = key.seal(Array(definition.name.utf8), context: Backups.scheduleContext(id))
        let (rhythm, keep) = (definition.rhythm, definition.keep)
        try transaction.run(
            """
            INSERT INTO backup_schedules (
                id, sealed_name, kind, target_id, rhythm, every, hour, minute, day, full_every, keep_last, keep_daily,
                keep_weekly, keep_monthly, enabled, created_by, created_at, updated_at, next_at)
            VALUES (\(id), \(name), \(definition.kind.rawValue), \(definition.target.sqlValue), \(rhythm.unit.rawValue),
                    \(rhythm.every), \(rhythm.hour), \(rhythm.minute), \(rhythm.day), \(definition.fullEvery),
                    \(keep.last), \(keep.daily), \(keep.weekly), \(keep.monthly), \(definition.isEnabled),
                    \(account.sqlValue), \(now), \(now), \(rhythm.next(after: now)))
            ON CONFLICT (id) DO UPDATE SET
                sealed_name = excluded.sealed_name, kind = excluded.kind, target_id = excluded.target_id,
                rhythm = excluded.rhythm, every = excluded.every, hour = excluded.hour, minute = excluded.minute,
                day = excluded.day, full_every = excluded.full_every, keep_last = excluded.keep_last,
                keep_daily = excluded.keep_daily, keep_weekly = excluded.keep_weekly,
                keep_monthly = excluded.keep_monthly, enabled = excluded.enabled, updated_at = excluded.updated_at,
                next_at = excluded.next_at
            """)
    }
}
