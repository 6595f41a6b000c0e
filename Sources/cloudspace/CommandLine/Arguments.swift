/// The words after a command, as flags and their values.
enum Arguments {
    /// Reads `--name value`, `--name=value` and switches; order does not matter.
    /// - Returns: values by flag name; a switch has an empty value.
    /// - Throws: `ProgramError.usage` for unknown, repeated or incomplete flags and for loose words.
    static func parse(_ words: [String], for command: Command) throws(ProgramError) -> [String: String] {
        var flags: [String: String] = [:]
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word.count > 2 else {
                throw .usage("\"\(word.printable)\" is not expected here; flags begin with --", command.path)
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts.first ?? "")
            guard let flag = command.flags.first(where: { $0.name == name }) else {
                throw .usage("unknown flag --\(name.printable)\(suggestion(for: name, command))", command.path)
            }
            guard flags[name] == nil else { throw .usage("--\(name) is given twice", command.path) }
            let attached = parts.count == 2 ? String(parts[1]) : nil
            if flag.takesValue {
                guard let value = attached ?? rest.popFirst() else {
                    throw .usage("--\(name) needs a value", command.path)
                }
                flags[name] = value
            } else {
                guard attached == nil else { throw .usage("--\(name) takes no value", command.path) }
                flags[name] = ""
            }
        }
        return flags
    }

    private static func suggestion(for name: String, _ command: Command) -> String {
        let known = command.flags.map(\.name) + ["help"]
        if let nearest = Spelling.nearest(to: name, among: known) { return "; did you mean --\(nearest)?" }
        return "; known are \(known.map { "--" + $0 }.joined(separator: ", "))"
    }
}
