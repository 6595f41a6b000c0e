/// What help is asked about.
enum HelpTopic: Sendable {
    case program
    case group(String)
    case command(Command)
}

/// Help texts, made from the tables of commands and settings.
enum HelpText {
    private static let width = 100

    static func text(for topic: HelpTopic) -> String {
        switch topic {
        case .program: program
        case .group(let name): group(name)
        case .command(let command): self.command(command)
        }
    }

    private static var program: String {
        """
        CloudSpace Vault \(Program.version): a document vault that seals, versions and journals what it stores.

        Usage: cloudspace COMMAND [FLAGS]

        Commands:
        \(table(CommandTable.commands.map { ($0.path.joined(separator: " "), $0.summary) }))

        `cloudspace COMMAND --help` explains one, with examples.

        Settings can be given as flags, as environment variables or as `name = value` lines of a file named by --config;
        a flag wins over the environment, the environment over the file. The variables:
        \(table(Settings.all.map { ($0.environment, $0.summary) }))

        Exit status: 0 fine, 1 it failed or found problems, 2 not understood, a wrong setting, or refused to prevent harm.
        """
    }

    private static func group(_ name: String) -> String {
        let words = name.split(separator: " ").map(String.init)
        let commands = CommandTable.commands.filter { $0.path.starts(with: words) }
        return """
            Usage: cloudspace \(name) COMMAND [FLAGS]

            Commands:
            \(table(commands.map { ($0.path.joined(separator: " "), $0.summary) }))

            `cloudspace \(name) COMMAND --help` explains one, with examples.
            """
    }

    private static func command(_ command: Command) -> String {
        let name = command.path.joined(separator: " ")
        var parts = ["Usage: cloudspace \(name)\(command.flags.isEmpty ? "" : " [FLAGS]")\n\n\(command.summary)."]
        parts.append(wrapped(command.details, indent: 0))
        if !command.options.isEmpty {
            let rows = command.options.map { option in
                ("--\(option.name)" + (option.placeholder.map { " \($0)" } ?? ""), option.summary)
            }
            parts.append("Flags:\n" + table(rows))
        }
        if !command.settings.isEmpty {
            let rows = command.settings.map { setting in (setting.usage, setting.explanation) }
            parts.append("Settings (flag, environment variable):\n" + table(rows))
        }
        parts.append("Examples:\n" + command.examples.map { "  cloudspace \($0)" }.joined(separator: "\n"))
        return parts.joined(separator: "\n\n")
    }

    /// Two columns; the second is wrapped.
    private static func table(_ rows: [(String, String)]) -> String {
        let column = min(34, rows.map(\.0.count).max() ?? 0) + 4
        return rows.map { left, right in
            let lines = wrapped(right, indent: column)
            let head = "  \(left)"
            guard head.count + 1 < column else { return head + "\n" + String(repeating: " ", count: column) + lines }
            return head + String(repeating: " ", count: column - head.count) + lines
        }.joined(separator: "\n")
    }

    /// Breaks lines between words; every line but the first begins with `indent` spaces.
    private static func wrapped(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
            var lines = [""]
            for word in paragraph.split(separator: " ") {
                let line = lines[lines.count - 1]
                if !line.isEmpty, indent + line.count + 1 + word.count > width {
                    lines.append(String(word))
                } else {
                    lines[lines.count - 1] = line.isEmpty ? String(word) : line + " " + word
                }
            }
            return lines.joined(separator: "\n" + margin)
        }.joined(separator: "\n" + margin)
    }
}
