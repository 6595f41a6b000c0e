/// A file of `name = value` lines. `#` begins a comment; quotes keep blanks and `#` in a value.
struct ConfigurationFile: Sendable {
    /// One line that sets something.
    struct Entry: Sendable, Equatable {
        /// As settings are named: lower case, with `-`.
        let name: String
        let value: String
        /// Counted from 1.
        let line: Int
    }

    let entries: [Entry]

    /// - Throws: `ProgramError.setting` naming the line.
    init(parsing text: String, path: String) throws(ProgramError) {
        var entries: [Entry] = []
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let content = Self.trimmed(line)
            guard !content.isEmpty, !content.hasPrefix("#") else { continue }
            guard let equals = content.firstIndex(of: "=") else {
                throw .setting("\(path), line \(number): expected `name = value`")
            }
            let name = Self.trimmed(content[..<equals]).lowercased().replacing("_", with: "-")
            guard let value = Self.value(content[content.index(after: equals)...]) else {
                throw .setting("\(path), line \(number): the quote is not closed, or something follows it")
            }
            if let earlier = entries.first(where: { $0.name == name }) {
                throw .setting(
                    "\(path), line \(number): \(name.printable) was set on line \(earlier.line) already")
            }
            entries.append(Entry(name: name, value: value, line: number))
        }
        self.entries = entries
    }

    /// The value behind `=`: what the quotes hold, or everything up to a comment.
    private static func value(_ text: Substring) -> String? {
        let text = trimmed(text)
        if text.hasPrefix("\"") {
            let inside = text.dropFirst()
            guard let end = inside.firstIndex(of: "\"") else { return nil }
            let rest = trimmed(inside[inside.index(after: end)...])
            return rest.isEmpty || rest.hasPrefix("#") ? String(inside[..<end]) : nil
        }
        var kept = ""
        for character in text {
            if character == "#", kept.isEmpty || kept.last?.isWhitespace == true { break }
            kept.append(character)
        }
        return String(trimmed(kept[...]))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return text
    }
}
