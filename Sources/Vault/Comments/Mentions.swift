/// Finds people mentioned in a comment: "@Sarah Miller" or "@sarah@cloudspace.com", without regard to case.
enum Mentions {
    /// Marks looked at in one text.
    private static let mostMarks = 50

    /// Those of `people` that `text` mentions. Where several fit at one mark, the longest does: "@Sam Stone" is not "@Sam".
    static func find(in text: String, among people: some Collection<Person>) -> Set<AccountID> {
        let folded = Array(String(decoding: CanonicalText.folded(text), as: UTF8.self).unicodeScalars)
        let candidates = people.flatMap { person in
            [person.fullName, person.email].filter { !$0.isEmpty }.map { name in
                (
                    id: person.id,
                    name: Array(
                        String(decoding: CanonicalText.folded(CanonicalText.composed(name)), as: UTF8.self)
                            .unicodeScalars)
                )
            }
        }
        var found: Set<AccountID> = []
        var marks = 0
        for index in folded.indices where folded[index] == "@" {
            // Inside a word it is the middle of an address, not a mark.
            if index > 0, isPartOfWord(folded[index - 1]) { continue }
            marks += 1
            guard marks <= mostMarks else { break }
            let rest = folded[(index + 1)...]
            let fitting = candidates.filter { rest.starts(with: $0.name) && ends(rest.dropFirst($0.name.count)) }
            guard let longest = fitting.map(\.name.count).max() else { continue }
            for candidate in fitting where candidate.name.count == longest { found.insert(candidate.id) }
        }
        return found
    }

    /// Whether a name may end before `rest`.
    private static func ends(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let next = rest.first else { return true }
        if isPartOfWord(next) { return false }
        // "a@b.com.au" is not "a@b.com" at the end of a sentence.
        if next == "." || next == "-" || next == "@", let after = rest.dropFirst().first { return !isPartOfWord(after) }
        return true
    }

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
    }
}
