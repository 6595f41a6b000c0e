/// One Swift file, with a twin of its text in which comments and the insides of string literals are blank.
///
/// Line breaks stay, so a line number in the twin is the line number in the file. Code inside string interpolations
/// stays too: it runs.
struct SwiftSource: Sendable {
    /// Path below the repository's root, with `/` between components.
    let path: String
    let text: String
    let tokens: [Token]

    /// A word or one punctuation character of the code.
    struct Token: Sendable, Equatable {
        let text: String
        /// Counted from 1.
        let line: Int
        /// Stands directly behind the token before it, with no space or comment between.
        var isAttached = false
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var stripper = CodeStripper(text)
        tokens = Self.tokenize(stripper.strippedCode())
    }

    var lineCount: Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
    }

    /// The module: the component after `Sources`, or empty when the file is elsewhere.
    var module: String {
        let components = path.split(separator: "/")
        return components.first == "Sources" && components.count > 2 ? String(components[1]) : ""
    }

    /// The folders between the module and the file.
    var folders: [String] {
        path.split(separator: "/").dropFirst(2).dropLast().map(String.init)
    }

    /// Modules named by import declarations, with their lines.
    var imports: [Token] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor", "macro"]
        return tokens.indices.compactMap { index in
            guard tokens[index].text == "import", !isQuoted(index) else { return nil }
            var next = index + 1
            if next < tokens.count, kinds.contains(tokens[next].text) { next += 1 }
            guard next < tokens.count, tokens[next].text.first?.isLetter ?? false || tokens[next].text.hasPrefix("_")
            else { return nil }
            return tokens[next]
        }
    }

    /// Lines on which the whole word `word` stands, with `mark` attached to it when one is given.
    func lines(of word: String, attached mark: String? = nil) -> [Int] {
        tokens.indices.compactMap { index in
            guard tokens[index].text == word else { return nil }
            guard let mark else { return tokens[index].line }
            let next = index + 1
            let isMarked = next < tokens.count && tokens[next].isAttached && tokens[next].text == mark
            return isMarked ? tokens[index].line : nil
        }
    }

    /// An identifier between backticks is a name, whatever it spells.
    private func isQuoted(_ index: Int) -> Bool {
        index > 0 && tokens[index - 1].text == "`"
    }

    private static func tokenize(_ code: [Character]) -> [Token] {
        var tokens: [Token] = []
        var line = 1
        var word = ""
        var isAttached = false
        func isWordPart(_ character: Character) -> Bool {
            character.isLetter || character.isNumber || character == "_"
        }
        for character in code + ["\n"] {
            if isWordPart(character) {
                word.append(character)
                continue
            }
            if !word.isEmpty {
                tokens.append(Token(text: word, line: line, isAttached: isAttached))
                word = ""
                isAttached = true
            }
            if character.isNewline { line += 1 }
            if !character.isWhitespace {
                tokens.append(Token(text: String(character), line: line, isAttached: isAttached))
            }
            isAttached = !character.isWhitespace
        }
        return tokens
    }
}
