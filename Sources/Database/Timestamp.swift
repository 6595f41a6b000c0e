/// A moment, in whole milliseconds since 1970-01-01 00:00 UTC.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
    }

    /// The moment `seconds` later (earlier when negative); stays at the ends of the range.
    public func advanced(bySeconds seconds: Int64) -> Timestamp {
        let (span, tooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, tooFar) = milliseconds.addingReportingOverflow(span)
        guard !tooLong && !tooFar else { return Timestamp(milliseconds: seconds < 0 ? .min : .max) }
        return Timestamp(milliseconds: sum)
    }
}

extension Timestamp {
    /// `2024-10-26T14:30:00Z` (RFC 3339); milliseconds are dropped.
    public var iso8601: String {
        let seconds = seconds
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let date = CivilDate(daysSince1970: day)
        let time = seconds - day * 86_400
        var text = ""
        text.reserveCapacity(20)
        text += Self.padded(date.year, 4)
        text += "-"
        text += Self.padded(date.month, 2)
        text += "-"
        text += Self.padded(date.day, 2)
        text += "T"
        text += Self.padded(time / 3600, 2)
        text += ":"
        text += Self.padded(time / 60 % 60, 2)
        text += ":"
        text += Self.padded(time % 60, 2)
        text += "Z"
        return text
    }

    /// Reads RFC 3339: `2024-10-26T14:30:00Z`, with a fraction (rounded down to milliseconds) and
    /// an offset (`+02:00`) if given; a date alone is midnight UTC. Nil for anything else.
    public static func parse(iso8601 text: String) -> Timestamp? {
        var rest = Substring(text).utf8
        guard let year = number(&rest, 4), skip(&rest, "-"), let month = number(&rest, 2), skip(&rest, "-"),
            let day = number(&rest, 2), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        let midnight = date.daysSince1970 * 86_400_000
        if rest.isEmpty { return Timestamp(milliseconds: midnight) }

        guard skip(&rest, "T") || skip(&rest, "t") || skip(&rest, " "),
            let hour = number(&rest, 2), skip(&rest, ":"), let minute = number(&rest, 2), skip(&rest, ":"),
            let second = number(&rest, 2), hour < 24, minute < 60, second < 61,
            let fraction = fraction(&rest), let offset = offset(&rest), rest.isEmpty
        else { return nil }
        let local = midnight + (hour * 3600 + minute * 60 + second) * 1000 + fraction
        return Timestamp(milliseconds: local - offset * 60_000)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value.magnitude)
        let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
        return (value < 0 ? "-" : "") + zeros + digits
    }

    private static func number(_ rest: inout Substring.UTF8View, _ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = rest.first, (48...57).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 48)
            rest.removeFirst()
        }
        return value
    }

    private static func skip(_ rest: inout Substring.UTF8View, _ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    private static func fraction(_ rest: inout Substring.UTF8View) -> Int64? {
        guard skip(&rest, ".") else { return 0 }
        var value: Int64 = 0
        var digits = 0
        while let digit = rest.first, (48...57).contains(digit), digits < 9 {
            if digits < 3 { value = value * 10 + Int64(digit - 48) }
            digits += 1
            rest.removeFirst()
        }
        switch digits {
        case 0: return nil
        case 1: return value * 100
        case 2: return value * 10
        default: return value
        }
    }

    /// Minutes east of UTC.
    private static func offset(_ rest: inout Substring.UTF8View) -> Int64? {
        if skip(&rest, "Z") || skip(&rest, "z") { return 0 }
        let sign: Int64
        if skip(&rest, "+") { sign = 1 } else if skip(&rest, "-") { sign = -1 } else { return nil }
        guard let hours = number(&rest, 2), skip(&rest, ":"), let minutes = number(&rest, 2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

/// A day of the proleptic Gregorian calendar, converted by the era arithmetic of Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms".
struct CivilDate: Equatable {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Nil when there is no such day.
    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1, (0...9999).contains(year) else { return nil }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[Int(month) - 1] else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
