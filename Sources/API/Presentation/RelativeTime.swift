import Database

/// Tells how long ago something was, as people say it; all of it in UTC and English (requirements/1, "Les temps
/// relatifs"). Made once per answer, asked once per entry.
struct RelativeTime {
    private let now: Timestamp
    private let today: CivilTime

    init(now: Timestamp) {
        self.now = now
        today = CivilTime(now)
    }

    /// "just now", "10 min ago", "2h ago", "Yesterday", "Oct 24", "Oct 24, 2023".
    /// A moment in the future, as clocks that disagree give it, is "just now".
    func text(_ moment: Timestamp) -> String {
        var bytes: [UInt8] = []
        append(moment, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same, appended.
    func append(_ moment: Timestamp, to bytes: inout [UInt8]) {
        let seconds = (now.milliseconds - moment.milliseconds) / 1_000
        switch seconds {
        case ..<60: TextBytes.append("just now", to: &bytes)
        case ..<3_600:
            TextBytes.append(seconds / 60, to: &bytes)
            TextBytes.append(" min ago", to: &bytes)
        case ..<86_400:
            TextBytes.append(seconds / 3_600, to: &bytes)
            TextBytes.append("h ago", to: &bytes)
        default:
            let then = CivilTime(moment)
            TextBytes.append(then.day == today.day - 1 ? "Yesterday" : then.date(seenFrom: today), to: &bytes)
        }
    }

    /// As it stands in a phrase: "just now", "10m ago", "2h ago", "yesterday", "Oct 24".
    func phrase(_ moment: Timestamp) -> String {
        let seconds = (now.milliseconds - moment.milliseconds) / 1_000
        if (60..<3_600).contains(seconds) { return "\(seconds / 60)m ago" }
        let words = text(moment)
        return words == "Yesterday" ? "yesterday" : words
    }

    /// The day of something: "Today", "Yesterday", "Oct 24", "Oct 24, 2023".
    func day(_ moment: Timestamp) -> String {
        let then = CivilTime(moment)
        return switch today.day - then.day {
        case ..<1: "Today"
        case 1: "Yesterday"
        default: then.date(seenFrom: today)
        }
    }

    /// The stretch of time something lies in: "Today", "Yesterday", "This Week", "Last Week", "October 2024". Weeks begin
    /// on Monday.
    func stretch(_ moment: Timestamp) -> String {
        let then = CivilTime(moment)
        switch today.day - then.day {
        case ..<1: return "Today"
        case 1: return "Yesterday"
        default: break
        }
        let monday = today.day - today.weekday
        if then.day >= monday { return "This Week" }
        return then.day >= monday - 7 ? "Last Week" : "\(then.fullMonthName) \(then.year)"
    }

    /// When on its day, or on which day: "10:42 AM" of today and yesterday, "Oct 24" before.
    func clockOrDay(_ moment: Timestamp) -> String {
        let then = CivilTime(moment)
        return today.day - then.day <= 1 ? then.clock : then.date(seenFrom: today)
    }

    /// "11:42 AM".
    func clock(_ moment: Timestamp) -> String { CivilTime(moment).clock }

    /// "Today, 10:23 AM", "Yesterday, 6:05 PM", "Oct 24, 10:23 AM".
    func dayAndTime(_ moment: Timestamp) -> String {
        let then = CivilTime(moment)
        let day =
            switch today.day - then.day {
            case 0: "Today"
            case 1: "Yesterday"
            default: then.date(seenFrom: today)
            }
        return "\(day), \(then.clock)"
    }

    /// Whole days that have passed, never negative.
    func days(since moment: Timestamp) -> Int {
        Int(max(0, now.milliseconds - moment.milliseconds) / 86_400_000)
    }
}
