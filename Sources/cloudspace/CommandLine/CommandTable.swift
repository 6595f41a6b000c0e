/// All commands, and how words become one of them.
enum CommandTable {
    static let commands: [Command] =
        [ServeCommand.command] + UserCommands.all + [EraseCommand.command] + KeyCommands.all + KeyRotationCommands.all
        + RecoveryKeyCommands.all
        + JournalCommands.all
        + DeliveryCommands.all + RetentionCommands.all + HoldCommands.all + BackupCommands.all + [
            BackupRestoreCommand.command,
            PushCommand.command, ImportCommand.command, MigrateCommand.command, RestoreCommand.command,
            NodesCommand.command,
            DoctorCommand.command,
            VersionCommand.command,
        ]

    /// What a command line asks for.
    enum Request: Sendable {
        case help(HelpTopic)
        case version
        case command(Command, flags: [String: String])
    }

    /// - Parameter words: without the program's own path.
    /// - Throws: `ProgramError.usage` that names the nearest known word.
    static func parse(_ words: [String]) throws(ProgramError) -> Request {
        guard let first = words.first else { return .help(.program) }
        switch first {
        case "-h", "--help": return .help(.program)
        case "-V", "--version": return .version
        case "help": return .help(try topic(Array(words.dropFirst())))
        default: break
        }
        guard !first.hasPrefix("-") else {
            throw .usage("\(first) comes before a command; commands are \(list(heads))", [])
        }
        let group = commands.filter { $0.path.first == first }
        guard !group.isEmpty else {
            throw .usage("unknown command \(quoted(first))" + suggestion(for: first, among: heads), [])
        }
        if let command = group.first, command.path.count == 1 {
            return try request(command, Array(words.dropFirst()))
        }
        guard words.count > 1 else {
            throw .usage("\(first) needs a second word: \(list(seconds(group)))", [first])
        }
        let second = words[1]
        if second == "--help" || second == "-h" { return .help(.group(first)) }
        let inner = group.filter { $0.path.count > 2 && $0.path[1] == second }
        if !inner.isEmpty { return try third(inner, words) }
        guard let command = group.first(where: { $0.path[1] == second }) else {
            let known = seconds(group)
            throw .usage(
                "unknown command \(quoted("\(first) \(second)"))" + suggestion(for: second, among: known), [first])
        }
        return try request(command, Array(words.dropFirst(2)))
    }

    /// Commands of three words: `keys recovery-key create`.
    private static func third(_ group: [Command], _ words: [String]) throws(ProgramError) -> Request {
        let head = words[0] + " " + words[1]
        let known = group.map { $0.path[2] }
        guard words.count > 2 else { throw .usage("\(head) needs a third word: \(list(known))", [words[0], words[1]]) }
        if words[2] == "--help" || words[2] == "-h" { return .help(.group(head)) }
        guard let command = group.first(where: { $0.path[2] == words[2] }) else {
            throw .usage(
                "unknown command \(quoted("\(head) \(words[2])"))" + suggestion(for: words[2], among: known),
                [words[0], words[1]])
        }
        return try request(command, Array(words.dropFirst(3)))
    }

    private static func request(_ command: Command, _ words: [String]) throws(ProgramError) -> Request {
        if words.contains("--help") || words.contains("-h") { return .help(.command(command)) }
        return .command(command, flags: try Arguments.parse(words, for: command))
    }

    private static func topic(_ words: [String]) throws(ProgramError) -> HelpTopic {
        guard !words.isEmpty else { return .program }
        guard case .help(let topic) = try parse(words + ["--help"]) else { return .program }
        return topic
    }

    /// First words, in the order of the table, each once.
    private static var heads: [String] {
        commands.reduce(into: []) { heads, command in
            if let head = command.path.first, !heads.contains(head) { heads.append(head) }
        }
    }

    /// Second words of a group, each once.
    private static func seconds(_ group: [Command]) -> [String] {
        group.reduce(into: []) { seconds, command in
            if !seconds.contains(command.path[1]) { seconds.append(command.path[1]) }
        }
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

    private static func quoted(_ text: String) -> String { "\"\(text.printable)\"" }

    private static func suggestion(for word: String, among known: [String]) -> String {
        if let nearest = Spelling.nearest(to: word, among: known) { return "; did you mean \(quoted(nearest))?" }
        return "; known are \(list(known))"
    }
}
