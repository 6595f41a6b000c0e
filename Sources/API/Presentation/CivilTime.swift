import Database

/// A moment as the parts of a UTC calendar and clock, computed without allocation: lists write one for every entry.
///
/// The date follows Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (`civil_from_days`).
struct CivilTime: Equatable {
    /// Whole days since 1970-01-01.
    let day: Int64
    let year: Int64
    /// 1…12.
    let month: Int
    /// 1…31.
    let dayOfMonth: Int
    let hour: Int
    let minute: Int
    let second: Int

    init(_ moment: Timestamp) {
        let seconds = moment.seconds
        day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = Int(seconds - day * 86_400)
        (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60)

        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        dayOfMonth = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// "Oct".
    var monthName: String { Self.monthNames[month - 1] }

    /// "October".
    var fullMonthName: String { Self.fullMonthNames[month - 1] }

    /// Days since Monday, 0…6. 1970-01-01 was a Thursday.
    var weekday: Int64 { (day % 7 + 10) % 7 }

    /// "10:23 AM".
    var clock: String {
        let twelve = hour % 12 == 0 ? 12 : hour % 12
        return "\(twelve):\(minute < 10 ? "0" : "")\(minute) \(hour < 12 ? "AM" : "PM")"
    }

    /// "Oct 24", or "Oct 24, 2023" when that is another year than `today`'s.
    func date(seenFrom today: CivilTime) -> String {
        year == today.year ? "\(monthName) \(dayOfMonth)" : "\(monthName) \(dayOfMonth), \(year)"
    }

    private static let fullMonthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
