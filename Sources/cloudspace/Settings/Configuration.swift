/// Every setting as it holds for one call: flag before environment, environment before file, file before default.
struct Configuration: Sendable {
    /// Where a text came from, in the words of an error message.
    private struct Given: Sendable {
        let text: String
        let origin: String
    }

    private let given: [String: Given]

    /// Gathers and checks the settings of `command`, and the whole of the configuration file.
    /// - Throws: `ProgramError.setting` naming the flag, variable or line, and what was expected.
    init(
        for command: Command, flags: [String: String], environment: [String: String],
        readFile: (String) throws(ProgramError) -> String = Self.read
    ) throws(ProgramError) {
        var given: [String: Given] = [:]
        let uses = command.settings
        let takesFile = uses.contains { $0.name == Settings.config.name }
        if takesFile, let path = flags[Settings.config.name] ?? Self.variable(Settings.config, environment) {
            let file = try ConfigurationFile(parsing: try readFile(path), path: path)
            for entry in file.entries {
                let origin = "\(path), line \(entry.line): \(entry.name.printable)"
                let setting = try Self.setting(named: entry.name, origin: origin)
                try Self.check(entry.value, setting, origin: origin)
                given[entry.name] = Given(text: entry.value, origin: origin)
            }
        }
        for setting in uses {
            if setting.places.contains(.environment), let text = Self.variable(setting, environment) {
                given[setting.name] = Given(text: text, origin: setting.environment)
            }
            if setting.places.contains(.flag), let text = flags[setting.name] {
                given[setting.name] = Given(text: text, origin: "--\(setting.name)")
            }
            if let found = given[setting.name] {
                try Self.check(found.text, setting, origin: found.origin)
            }
        }
        self.given = given
    }

    /// The value that holds.
    /// - Throws: `ProgramError.setting` for a required setting that nobody gave.
    subscript<Value>(_ setting: Setting<Value>) -> Value {
        get throws(ProgramError) {
            if given[setting.name] == nil, setting.absence == nil {
                throw .setting(
                    "\(setting.usage) is missing; give the flag, \(setting.environment), or a line "
                        + "`\(setting.name) = …` in a file named by --config")
            }
            do {
                return try setting.value(given[setting.name]?.text)
            } catch {
                throw .setting("\(setting.usage): expected \(error.expectation)")
            }
        }
    }

    /// What to call a setting in a message about its value: the flag, the variable or the line it came from.
    func origin(of setting: some SettingDescription) -> String { given[setting.name]?.origin ?? "--\(setting.name)" }

    /// An empty variable counts as not set, as shells and unit files leave them.
    private static func variable(_ setting: any SettingDescription, _ environment: [String: String]) -> String? {
        guard let text = environment[setting.environment], !text.isEmpty else { return nil }
        return text
    }

    private static func setting(named name: String, origin: String) throws(ProgramError) -> any SettingDescription {
        let known = Settings.all.filter { $0.places.contains(.file) }
        if let setting = known.first(where: { $0.name == name }) { return setting }
        let nearest = Spelling.nearest(to: name, among: known.map(\.name)).map { "; did you mean \($0)?" } ?? ""
        throw .setting("\(origin) is no setting\(nearest)")
    }

    private static func check(
        _ text: String, _ setting: any SettingDescription, origin: String
    ) throws(ProgramError) {
        do {
            try setting.check(text)
        } catch {
            throw .setting("\(origin) is \"\(text.printable)\"; expected \(error.expectation)")
        }
    }

    private static func read(_ path: String) throws(ProgramError) -> String {
        guard let text = FileSystem.text(of: path, limit: 1 << 20) else {
            throw .setting("the configuration file \(path.printable) cannot be read (it must be text of at most 1 MiB)")
        }
        return text
    }
}

extension Configuration {
    /// Variables that look like one of ours but are none: most likely a typing error.
    static func misspelledVariables(in environment: [String: String]) -> [(variable: String, meant: String)] {
        let known = Settings.all.map(\.environment)
        return environment.keys.sorted().filter { $0.hasPrefix("CLOUDSPACE_") && !known.contains($0) }
            .compactMap { name in
                let near = known.first { Spelling.distance(name, $0) <= 2 }
                return near.map { (name, $0) }
            }
    }
}
