/// One thing the doctor looked at.
struct Finding: Sendable, Equatable {
    enum Level: String, Sendable {
        case fine = "ok"
        /// Worth knowing; the vault works.
        case note
        case problem
    }

    let level: Level
    /// What it is about: "keys", "database" …
    let subject: String
    let text: String
    /// What to do; nil when nothing is to be done.
    let advice: String?

    static func fine(_ subject: String, _ text: String) -> Finding {
        Finding(level: .fine, subject: subject, text: text, advice: nil)
    }

    static func note(_ subject: String, _ text: String, advice: String? = nil) -> Finding {
        Finding(level: .note, subject: subject, text: text, advice: advice)
    }

    static func problem(_ subject: String, _ text: String, advice: String) -> Finding {
        Finding(level: .problem, subject: subject, text: text, advice: advice)
    }

    /// A line, and below it what to do.
    var lines: String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        let line = padded(level.rawValue, 9) + padded(subject, 13) + text
        return advice.map { line + "\n" + String(repeating: " ", count: 22) + "→ " + $0 } ?? line
    }
}

/// Everything found so far; each finding is printed as it comes.
struct Findings: Sendable {
    private(set) var all: [Finding] = []

    mutating func add(_ finding: Finding) {
        all.append(finding)
        StandardStream.output.print(finding.lines)
    }

    var problems: Int { all.count { $0.level == .problem } }
}
