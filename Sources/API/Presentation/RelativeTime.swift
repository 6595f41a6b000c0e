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
