public import Database

/// When backups come again, in UTC.
public struct BackupRhythm: Sendable, Equatable {
    public enum Unit: String, Sendable, CaseIterable { case hourly, daily, weekly, monthly }

    public var unit: Unit
    /// Hours between two, for `hourly`: 1 to 168.
    public var every: Int
    /// 0 to 23; not for `hourly`.
    public var hour: Int
    /// 0 to 59.
    public var minute: Int
    /// For `weekly` 1 (Monday) to 7, for `monthly` 1 to 31: the last day where a month has fewer.
    public var day: Int

    public init(_ unit: Unit, every: Int = 1, hour: Int = 0, minute: Int = 0, day: Int = 1) {
        self.unit = unit
        self.every = every
        self.hour = hour
        self.minute = minute
        self.day = day
    }

    static let hours = 1...168

    private static let dayLength: Int64 = 86_400_000
    private static let hourLength: Int64 = 3_600_000

    /// The first time after `moment`.
    public func next(after moment: Timestamp) -> Timestamp {
        let now = moment.milliseconds
        let time = Int64(hour) * Self.hourLength + Int64(minute) * 60_000
        switch unit {
        case .hourly:
            let step = Int64(max(1, every)) * Self.hourLength
            let shift = Int64(minute) * 60_000
            return Timestamp(milliseconds: ((now - shift).floored(by: step) + 1) * step + shift)
        case .daily:
            let today = now.floored(by: Self.dayLength) * Self.dayLength + time
            return Timestamp(milliseconds: today > now ? today : today + Self.dayLength)
        case .weekly:
            // 1970-01-01 was a Thursday.
            let week = (now.floored(by: Self.dayLength) + 3).floored(by: 7) * 7 - 3
            let thisWeek = (week + Int64(day - 1)) * Self.dayLength + time
            return Timestamp(milliseconds: thisWeek > now ? thisWeek : thisWeek + 7 * Self.dayLength)
        case .monthly:
            let first = Self.month(of: moment)
            let thisMonth = inMonth(from: first, time)
            if thisMonth > moment { return thisMonth }
            return inMonth(from: Self.month(after: first), time)
        }
    }

    private func inMonth(from first: Timestamp, _ time: Int64) -> Timestamp {
        let length = (Self.month(after: first).milliseconds - first.milliseconds) / Self.dayLength
        return Timestamp(
            milliseconds: first.milliseconds + (min(Int64(day), length) - 1) * Self.dayLength + time)
    }

    /// The first moment of the month that `moment` lies in.
    private static func month(of moment: Timestamp) -> Timestamp {
        Timestamp.parse(iso8601: "\(moment.iso8601.prefix(7))-01") ?? moment
    }

    private static func month(after first: Timestamp) -> Timestamp {
        // The 32nd day from the first is in the next month, whatever month it is.
        month(of: first.advanced(bySeconds: 31 * 86_400))
    }
}

extension Int64 {
    /// The quotient, towards negative infinity.
    func floored(by divisor: Int64) -> Int64 { self / divisor - (self % divisor < 0 ? 1 : 0) }
}
