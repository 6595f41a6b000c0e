/// Finds properties and associated values that hold a `UInt128` themselves: where such a type lives across an `await`, the
/// compiler's frames are laid out wrongly (docs/decisions/0014-compiler-care.md).
///
/// What an array, set or dictionary holds is in the heap and does no harm, nor do statics, computed properties and
/// parameters. A local that lives across an `await` is not found by this.
extension Checker {
    struct Stored: Hashable {
        let path: String
        let name: String
        let line: Int
    }

    func alignment(_ source: SwiftSource) -> [Violation] {
        storedUInt128(in: source).filter { !mayStoreUInt128.contains("\($0.path) \($0.name)") }.map { stored in
            Violation(
                path: stored.path, line: stored.line,
                rule: "`\(stored.name)` stores a UInt128; use ID, BlobKey, @Words128 or @OptionalWords128")
        }
    }

    func storedUInt128(in source: SwiftSource) -> [Stored] {
        guard source.tokens.contains(where: { $0.text == "UInt128" }) else { return [] }
        var scan = StoredPropertyScan(source)
        return scan.run()
    }
}

/// Walks through a file knowing whether it stands directly in the body of a type.
private struct StoredPropertyScan {
    private static let types: Set = ["struct", "class", "enum", "actor"]
    private static let keywords: Set = [
        "let", "var", "case", "func", "init", "subscript", "static", "struct", "class", "enum", "actor", "extension",
        "protocol", "typealias", "import", "private", "fileprivate", "public", "package", "internal", "nonisolated",
        "mutating", "deinit", "@", "}",
    ]

    private let source: SwiftSource
    private let tokens: [SwiftSource.Token]
    private var found: [Checker.Stored] = []

    init(_ source: SwiftSource) {
        self.source = source
        tokens = source.tokens
    }

    mutating func run() -> [Checker.Stored] {
        /// For every open brace, whether it opened the body of a type.
        var bodies: [Bool] = []
        var opensType = false
        for index in tokens.indices {
            let word = tokens[index].text
            switch word {
            case "{":
                bodies.append(opensType)
                opensType = false
            case "}": if !bodies.isEmpty { bodies.removeLast() }
            case _ where Self.types.contains(word) && isDeclaration(index): opensType = true
            case "func", "init", "extension", "protocol": opensType = false
            case "let", "var": if bodies.last == true { property(at: index) }
            case "case": if bodies.last == true { enumCase(at: index) }
            default: break
            }
        }
        return found
    }

    /// `class` in `class func`, or as a constraint, opens nothing.
    private func isDeclaration(_ index: Int) -> Bool {
        guard index + 1 < tokens.count, tokens[index + 1].text.first?.isLetter == true else { return false }
        return !["func", "var", "let"].contains(tokens[index + 1].text)
            && (index == 0 || tokens[index - 1].text != ":" && tokens[index - 1].text != ".")
    }

    private mutating func property(at index: Int) {
        guard index + 2 < tokens.count, !attributes(before: index).contains("static"),
            attributes(before: index).isDisjoint(with: ["Words128", "OptionalWords128"])
        else { return }
        let name = tokens[index + 1].text
        var position = index + 2
        var isStored =
            tokens[position].text == "=" && position + 1 < tokens.count
            && tokens[position + 1].text == "UInt128"
        if tokens[position].text == ":" {
            var brackets = 0
            let line = tokens[index].line
            position += 1
            while position < tokens.count {
                let word = tokens[position].text
                if word == "[" { brackets += 1 }
                if word == "]" { brackets -= 1 }
                if word == "=" || word == "{" || tokens[position].line > line + 2 || Self.keywords.contains(word) {
                    break
                }
                // The result of a function that is kept is a reference.
                if word == "-" { return }
                if word == "UInt128", brackets == 0 { isStored = true }
                position += 1
            }
            if isStored, position < tokens.count, tokens[position].text == "{", !observes(position) { return }
        }
        if isStored { add(name, index) }
    }

    /// A brace behind a property's type begins observers, else the property is computed.
    private func observes(_ brace: Int) -> Bool {
        brace + 1 < tokens.count && ["didSet", "willSet"].contains(tokens[brace + 1].text)
    }

    private mutating func enumCase(at index: Int) {
        var position = index + 1
        var depth = 0
        var brackets = 0
        var name = ""
        while position < tokens.count {
            let word = tokens[position].text
            if depth == 0, word == "}" || word == "{" || Self.keywords.contains(word) { return }
            switch word {
            case "(": depth += 1
            case ")": depth -= 1
            case "[": brackets += 1
            case "]": brackets -= 1
            case "UInt128" where depth > 0 && brackets == 0: add(name, index)
            default: if depth == 0, word != ",", word.first?.isLetter == true { name = word }
            }
            position += 1
        }
    }

    /// Words between the declaration before and this one, as far as they are modifiers and attributes.
    private func attributes(before index: Int) -> Set<String> {
        let modifiers: Set = [
            "private", "fileprivate", "public", "package", "internal", "set", "(", ")", "nonisolated", "final", "lazy",
            "static", "class", "weak", "unowned", "@", "Words128", "OptionalWords128", "unsafe",
        ]
        var words: Set<String> = []
        for token in tokens[..<index].reversed() {
            guard modifiers.contains(token.text) else { break }
            words.insert(token.text)
        }
        return words
    }

    private mutating func add(_ name: String, _ index: Int) {
        found.append(Checker.Stored(path: source.path, name: name, line: tokens[index].line))
    }
}
