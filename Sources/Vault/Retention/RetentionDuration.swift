/// Durations as people give them: whole days, or the text of ISO 8601.
///
/// A retention that ends early is a broken promise, so a year counts 366 days and a month 31: no calendar makes them longer.
public enum RetentionDuration {
    static let day: Int64 = 86_400_000
    /// A hundred years.
    public static let longest: Int64 = 100 * 366 * day

    /// - Parameter text: "P10Y", "P1Y6M", "P90D", "PT12H", "P4W", or a number of days.
    /// - Returns: milliseconds, 0 to ``longest``; `nil` for anything else.
    public static func parse(_ text: String) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        if let days = Int64(text), text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) { return milliseconds(days: days) }
        guard text.hasPrefix("P"), text.utf8.count > 1 else { return nil }
        var total: Int64 = 0
        var number: Int64?
        var isTime = false
        var latest = 0
        for character in text.dropFirst() {
            if let digit = character.wholeNumberValue, character.isASCII {
                let (product, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
                guard !overflow, product <= 1_000_000_000_000 else { return nil }
                number = product + Int64(digit)
                continue
            }
            if character == "T", !isTime, number == nil {
                isTime = true
                continue
            }
            guard let count = number, let (order, unit) = unit(character, isTime: isTime), order > latest else {
                return nil
            }
            let (part, overflow) = count.multipliedReportingOverflow(by: unit)
            guard !overflow, part <= longest, total + part <= longest else { return nil }
            (total, latest, number) = (total + part, order, nil)
        }
        guard number == nil, latest > (isTime ? 4 : 0) else { return nil }
        return total
    }

    /// - Returns: `nil` below 0 and above ``longest``.
    public static func milliseconds(days: Int64) -> Int64? {
        guard days >= 0, days <= longest / day else { return nil }
        return days * day
    }

    /// The shortest ISO 8601 text in days, hours, minutes and seconds: "P3660D", "P1DT12H", "PT0S".
    public static func text(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        var time = ""
        if seconds % 86_400 / 3_600 > 0 { time += "\(seconds % 86_400 / 3_600)H" }
        if seconds % 3_600 / 60 > 0 { time += "\(seconds % 3_600 / 60)M" }
        if seconds % 60 > 0 { time += "\(seconds % 60)S" }
        let days = seconds / 86_400
        if days == 0, time.isEmpty { return "PT0S" }
        return "P" + (days > 0 ? "\(days)D" : "") + (time.isEmpty ? "" : "T" + time)
    }

    /// Units come in this order, each at most once.
    private static func unit(_ letter: Character, isTime: Bool) -> (order: Int, milliseconds: Int64)? {
        switch (letter, isTime) {
        case ("Y", false): (1, 366 * day)
        case ("M", false): (2, 31 * day)
        case ("W", false): (3, 7 * day)
        case ("D", false): (4, day)
        case ("H", true): (5, 3_600_000)
        case ("M", true): (6, 60_000)
        case ("S", true): (7, 1_000)
        default: nil
        }
    }
}
