import Crypto
import Database

/// The program as one function: words in, exit status out.
enum Program {
    /// The version of this program; CHANGELOG.md says what each brought.
    static let version = "0.1.0"

    /// Runs the command that `arguments` name (the first is the program's own path) and says what went wrong.
    /// - Returns: 0 fine, 1 it failed or found problems, 2 it was not understood or may not be done that way.
    @concurrent static func run(_ arguments: [String]) async -> Int32 {
        let name = arguments.first ?? "cloudspace"
        ProcessLimits.hardenProcess()
        do {
            try CryptoLibraries.start()
        } catch {
            // Nothing can be done rightly on such a machine, not even part of it.
            StandardStream.error.print("cloudspace: \(ProgramError(error).message)")
            return 2
        }
        do {
            switch try CommandTable.parse(Array(arguments.dropFirst())) {
            case .help(let topic):
                StandardStream.output.print(HelpText.text(for: topic))
                return 0
            case .version:
                StandardStream.output.print("cloudspace \(version)")
                return 0
            case .command(let command, let flags):
                let environment = ProcessEnvironment.current()
                _ = ProcessEnvironment.names
                ProcessLimits.closeMemory()
                let configuration = try Configuration(for: command, flags: flags, environment: environment)
                // What has no flag is secret: it is known now, and nobody else needs to see it.
                ProcessEnvironment.forget(
                    command.settings.filter { !$0.places.contains(.flag) }.map(\.environment) + BucketKeys.variables,
                    keeping: command.path == [MigrateCommand.name] ? Set(BucketKeys.variables) : [])
                return try await command.run(
                    Invocation(program: name, command: command, flags: flags, configuration: configuration))
            }
        } catch {
            let failure = ProgramError(error)
            StandardStream.error.print("cloudspace: \(failure.message)")
            return failure.exitStatus
        }
    }
}

/// One call of a command: what was asked for, with every setting resolved.
struct Invocation: Sendable {
    /// How the program was called, for commands that are printed to be copied.
    let program: String
    let command: Command
    private let flags: [String: String]
    let configuration: Configuration

    init(program: String, command: Command, flags: [String: String], configuration: Configuration) {
        self.program = program
        self.command = command
        self.flags = flags
        self.configuration = configuration
    }

    /// The text of an option, nil when it was not given.
    func text(_ option: Option) -> String? { flags[option.name] }

    /// Whether a switch was given.
    func has(_ option: Option) -> Bool { flags[option.name] != nil }

    /// - Throws: `ProgramError.usage` when the option is missing.
    func required(_ option: Option) throws(ProgramError) -> String {
        guard let text = text(option) else { throw .usage("--\(option.name) is missing", command.path) }
        return text
    }
}
