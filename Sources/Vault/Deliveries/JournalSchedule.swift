public import Database
public import Journal

public enum JournalScheduleEntity {}
public typealias JournalScheduleID = ID<JournalScheduleEntity>

/// How often an export is made; for whole periods in UTC, a while after each has ended.
public enum ScheduleInterval: String, Sendable, CaseIterable {
    case daily, weekly, monthly

    /// The first moment of the period that `moment` lies in: a day, a week from Monday on, a month.
    func start(of moment: Timestamp) -> Timestamp {
        let day = moment.milliseconds.flooredDivision(by: Self.day)
        switch self {
        case .daily: return Timestamp(milliseconds: day * Self.day)
        case .weekly:
            // 1970-01-01 was a Thursday.
            return Timestamp(milliseconds: (day - (day + 3).flooredRemainder(by: 7)) * Self.day)
        case .monthly:
            return Timestamp.parse(iso8601: "\(moment.iso8601.prefix(7))-01") ?? Timestamp(milliseconds: day * Self.day)
        }
    }

    /// The first moment behind the period that begins at `start`.
    func end(ofPeriodFrom start: Timestamp) -> Timestamp {
        switch self {
        case .daily: start.advanced(bySeconds: 86_400)
        case .weekly: start.advanced(bySeconds: 7 * 86_400)
        // The 32nd day from the first is in the next month, whatever month it is.
        case .monthly: self.start(of: start.advanced(bySeconds: 31 * 86_400))
        }
    }

    private static let day: Int64 = 86_400_000
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }

    fileprivate func flooredRemainder(by divisor: Int64) -> Int64 {
        (self % divisor + divisor) % divisor
    }
}

/// How an export is written.
public enum JournalExportFormat: String, Sendable, CaseIterable {
    /// With checkpoint and proofs; names stay sealed.
    case ndjson
}

/// What an export that comes again and again is like.
public struct JournalScheduleDefinition: Sendable, Equatable {
    /// 1 to 50 characters on one line; sealed where it rests.
    public var name: String
    public var format: JournalExportFormat
    public var target: DeliveryTarget
    public var interval: ScheduleInterval
    /// When it is made, on the day after the period: 0 to 23, UTC.
    public var hour: Int
    /// Only events of this action, of this person, about this target.
    public var action: String?
    public var actor: AccountID?
    public var subject: NodeID?

    public init(
        name: String, format: JournalExportFormat = .ndjson, target: DeliveryTarget, interval: ScheduleInterval,
        hour: Int, action: String? = nil, actor: AccountID? = nil, subject: NodeID? = nil
    ) {
        self.name = name
        self.format = format
        self.target = target
        self.interval = interval
        self.hour = hour
        self.action = action
        self.actor = actor
        self.subject = subject
    }

    /// When the export of the period that begins at `start` is due.
    func due(forPeriodFrom start: Timestamp) -> Timestamp {
        interval.end(ofPeriodFrom: start).advanced(bySeconds: Int64(hour) * 3_600)
    }

    /// When the export of the period that `moment` lies in is due: the first one of a new schedule.
    func firstDue(after moment: Timestamp) -> Timestamp { due(forPeriodFrom: interval.start(of: moment)) }

    /// The latest period whose export is due by `moment`.
    func latestPeriod(dueBy moment: Timestamp) -> Timestamp {
        let shifted = moment.advanced(bySeconds: -Int64(hour) * 3_600)
        let current = interval.start(of: shifted)
        return interval.start(of: current.advanced(bySeconds: -1))
    }
}

/// An export that comes again and again.
public struct JournalSchedule: Sendable {
    public let id: JournalScheduleID
    public let definition: JournalScheduleDefinition
    public let createdBy: AccountID
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let nextAt: Timestamp
}

/// One export that is to be made.
public struct JournalExportOrder: Sendable {
    /// Of the file, without anything that people wrote: the same for every attempt.
    public let fileName: String
    public let format: JournalExportFormat
    public let checkpoint: Checkpoint
    public let periodStart: Timestamp
    public let periodEnd: Timestamp
    /// Begins a pass through the export; each gives the same bytes.
    public let begin: @Sendable () -> JournalExport
}
