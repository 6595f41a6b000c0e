/// One command of the program, as data: parsing, help texts and dispatch all read it.
struct Command: Sendable {
    /// The words that name it: `["users", "create"]`.
    let path: [String]
    /// One line.
    let summary: String
    /// What one should know before using it; paragraphs.
    let details: String
    /// Settings it reads, in the order of the help text.
    let settings: [any SettingDescription]
    let options: [Option]
    /// Complete command lines, without the program's name.
    let examples: [String]
    /// Does it. Returns the exit status.
    let run: @Sendable (Invocation) async throws -> Int32

    init(
        _ path: String, summary: String, details: String, settings: [any SettingDescription] = [],
        options: [Option] = [], examples: [String], run: @escaping @Sendable (Invocation) async throws -> Int32
    ) {
        self.path = path.split(separator: " ").map(String.init)
        self.summary = summary
        self.details = details
        self.settings = settings + (settings.isEmpty ? [] : [Settings.config])
        self.options = options
        self.examples = examples
        self.run = run
    }

    /// Every flag it takes, with whether a value follows.
    var flags: [(name: String, takesValue: Bool)] {
        settings.filter { $0.places.contains(.flag) }.map { ($0.name, !$0.isSwitch) }
            + options.map { ($0.name, $0.placeholder != nil) }
    }
}
