/// One place where a file breaks a rule. Prints as `path:line: what`.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let rule: String

    var description: String { "\(path):\(line): \(rule)" }
}

/// Holds files to the rules of `Architecture`. Pure: sources in, violations out.
struct Checker: Sendable {
    var rules = Architecture.rules
    var mayStoreUInt128 = Architecture.mayStoreUInt128

    func violations(in sources: [SwiftSource]) -> [Violation] {
        sources.flatMap { source in
            [imports, names, dangers, unexplained, alignment, length].flatMap { rule in rule(source) }
        }
    }

    /// Imports that the module's row, or the library's folder, does not allow.
    func imports(_ source: SwiftSource) -> [Violation] {
        guard let rule = rules[source.module] else {
            return [violation(source, 1, "module \(source.module) has no row in Architecture.rules")]
        }
        return source.imports.compactMap { name in
            if let folders = rule.libraries[name.text] {
                guard folders.isDisjoint(with: source.folders) else { return nil }
                let places = folders.sorted().joined(separator: "/ or ")
                return violation(source, name.line, "\(name.text) may be imported in \(places)/ only")
            }
            if let owner = rules.first(where: { $0.value.libraries[name.text] != nil })?.key {
                return violation(source, name.line, "\(name.text) belongs to \(owner)")
            }
            if name.text == "Foundation" || name.text.hasPrefix("Foundation") && name.text != "FoundationEssentials" {
                return violation(source, name.line, "import FoundationEssentials or Glibc instead of \(name.text)")
            }
            let isAllowed =
                name.text == source.module || rule.modules.contains(name.text)
                || Architecture.toolchain.contains(name.text)
                || source.module == "VaultTesting" && Architecture.testKitOnly.contains(name.text)
            return isAllowed ? nil : violation(source, name.line, "\(source.module) may not import \(name.text)")
        }
    }

    /// Names that this module has no business with.
    func names(_ source: SwiftSource) -> [Violation] {
        let withheld = rules[source.module]?.withheld ?? []
        return source.tokens.compactMap { token in
            if withheld.contains(token.text) {
                return violation(source, token.line, "\(source.module) may not speak of \(token.text)")
            }
            guard let owner = Architecture.concrete[token.text] else { return nil }
            return [owner, "cloudspace", "VaultTesting"].contains(source.module)
                ? nil : violation(source, token.line, "only the program names \(token.text)")
        }
    }

    /// `unsafe` outside the wrapping folders; calls that stop the program.
    func dangers(_ source: SwiftSource) -> [Violation] {
        var found: [Violation] = []
        let folders = rules[source.module]?.unsafeFolders ?? []
        if folders.isDisjoint(with: source.folders) {
            let lines = Set(source.lines(of: "unsafe")).sorted()
            found += lines.map { violation(source, $0, "`unsafe` outside a wrapping folder") }
        }
        found += source.lines(of: "try", attached: "!").map { violation(source, $0, "`try!`") }
        found += source.lines(of: "as", attached: "!").map { violation(source, $0, "`as!`") }
        found += source.lines(of: "fatalError", attached: "(").map { violation(source, $0, "`fatalError`") }
        return found
    }

    /// `@unchecked` promises that carry no sentence saying why they are true: on the line, or in the comment above.
    func unexplained(_ source: SwiftSource) -> [Violation] {
        let promises = source.lines(of: "@", attached: "unchecked")
        guard !promises.isEmpty else { return [] }
        let lines = source.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return promises.compactMap { line in
            isExplained(lines, line - 1) ? nil : violation(source, line, "`@unchecked` without the reason beside it")
        }
    }

    func length(_ source: SwiftSource) -> [Violation] {
        source.lineCount <= Architecture.longestFile
            ? []
            : [violation(source, source.lineCount, "\(source.lineCount) lines; \(Architecture.longestFile) is the end")]
    }

    private func isExplained(_ lines: [String], _ index: Int) -> Bool {
        guard lines.indices.contains(index) else { return false }
        if lines[index].contains("//") { return true }
        for line in lines[..<index].reversed() {
            let start = line.drop { $0.isWhitespace }
            if start.hasPrefix("//") || start.hasSuffix("*/") { return true }
            // An attribute, or the first line of a declaration broken over several, may stand between.
            guard start.hasPrefix("@") || start.hasSuffix(",") || start.hasSuffix(":") else { return false }
        }
        return false
    }

    private func violation(_ source: SwiftSource, _ line: Int, _ rule: String) -> Violation {
        Violation(path: source.path, line: line, rule: rule)
    }
}
