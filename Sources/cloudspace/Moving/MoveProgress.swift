import Synchronization

/// Tells how far a move has come: one line that renews itself on a terminal, a line a step elsewhere.
final class MoveProgress: Sendable {
    /// What is counted in a step.
    enum Unit: Sendable {
        case rows, bytes

        /// From here on a step is long enough to tell its parts where lines stay.
        fileprivate var large: Int64 {
            switch self {
            case .rows: 50_000
            case .bytes: 64 << 20
            }
        }
    }

    /// Where lines go.
    enum Medium: Sendable {
        /// Text as it is, with the control sequences that renew a line.
        case terminal(@Sendable (String) -> Void)
        /// Whole lines.
        case lines(@Sendable (String) -> Void)

        static var standardError: Medium {
            StandardStream.error.isTerminal
                ? .terminal { StandardStream.error.write(Array($0.utf8)) } : .lines { StandardStream.error.print($0) }
        }
    }

    private struct Step: Sendable {
        let name: String
        let unit: Unit
        let total: Int64
        let start: ContinuousClock.Instant
        var done: Int64 = 0
        var shown: ContinuousClock.Instant
        /// Tenths that have been told in a line of their own.
        var toldTenths: Int64 = 0
    }

    private let medium: Medium
    private let step = Mutex<Step?>(nil)
    private static let interval = Duration.milliseconds(100)

    init(_ medium: Medium) {
        self.medium = medium
    }

    /// Begins a step: its kind and what it is about (`rows   versions`), and how much there is to do.
    func begin(_ kind: String, _ subject: String = "", of total: Int64, _ unit: Unit) {
        let name = Self.padded(kind, 7) + subject
        let now = ContinuousClock.now
        step.withLock { $0 = Step(name: name, unit: unit, total: total, start: now, shown: now - Self.interval) }
        advance(by: 0)
    }

    func advance(by count: Int64) {
        let text = step.withLock { step -> String? in
            guard var current = step else { return nil }
            current.done += count
            defer { step = current }
            let now = ContinuousClock.now
            switch medium {
            case .terminal:
                guard now - current.shown >= Self.interval else { return nil }
                current.shown = now
                return "\r\u{1b}[K" + Self.line(current, at: now, isDrawn: true)
            case .lines:
                // Large steps tell each tenth.
                let tenths = current.total > 0 ? current.done * 10 / current.total : 0
                guard tenths > current.toldTenths, tenths < 10, current.total >= current.unit.large else { return nil }
                current.toldTenths = tenths
                return Self.line(current, at: now, isDrawn: false)
            }
        }
        if let text { tell(text) }
    }

    /// Ends the step with a line that stays.
    func end(_ words: String) {
        let name = step.withLock { step in
            defer { step = nil }
            return step?.name ?? ""
        }
        let line = Self.padded(name, 28) + words
        switch medium {
        case .terminal: tell("\r\u{1b}[K\(line)\n")
        case .lines: tell(line)
        }
    }

    /// A line of its own.
    func note(_ words: String) {
        switch medium {
        case .terminal: tell("\r\u{1b}[K\(words)\n")
        case .lines: tell(words)
        }
    }

    /// Takes away what is half told, before somebody else writes.
    func clear() {
        step.withLock { $0 = nil }
        if case .terminal = medium { tell("\r\u{1b}[K") }
    }

    private func tell(_ text: String) {
        switch medium {
        case .terminal(let write), .lines(let write): write(text)
        }
    }

    private static func line(_ step: Step, at now: ContinuousClock.Instant, isDrawn: Bool) -> String {
        let seconds = Figures.seconds(now - step.start)
        let amount =
            switch step.unit {
            case .rows: "\(Figures.count(step.done)) of \(Figures.count(step.total))"
            case .bytes: "\(Figures.bytes(step.done)) of \(Figures.bytes(step.total))"
            }
        let share = step.total > 0 ? min(1, max(0, Double(step.done) / Double(step.total))) : 1
        let filled = Int(share * 20)
        let bar = "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled) + "] "
        let percent = String(Int(share * 100))
        var line =
            padded(step.name, 28) + String(repeating: " ", count: max(0, 3 - percent.count))
            + "\(percent) % " + (isDrawn ? bar : "") + amount
        if seconds >= 0.5, step.done > 0 {
            let rate = Double(step.done) / seconds
            line += step.unit == .rows ? ", \(Figures.count(Int64(rate))) rows/s" : ", \(Figures.bytes(Int64(rate)))/s"
            let left = Double(max(0, step.total - step.done)) / rate
            line += ", \(Figures.time(left)) left"
        }
        return line
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

/// Numbers as a person reads them.
enum Figures {
    /// `1,234,567`
    static func count(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `1 row`, `1,234 rows`
    static func rows(_ value: Int64) -> String { value == 1 ? "1 row" : "\(count(value)) rows" }

    /// `512 B`, `1.2 GiB`
    static func bytes(_ value: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard value >= 1_024 else { return "\(value) B" }
        var shift: Int64 = 10
        var index = 0
        while index < units.count - 1, value >> (shift + 10) > 0 {
            shift += 10
            index += 1
        }
        let tenths = (value >> (shift - 10)) * 10 / 1_024
        return "\(count(tenths / 10)).\(tenths % 10) \(units[index])"
    }

    /// `11 s`, `3 min 20 s`, `2 h 5 min`
    static func time(_ seconds: Double) -> String {
        let whole = seconds < 86_400_000 ? Int64(seconds.rounded(.up)) : 86_400_000
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
