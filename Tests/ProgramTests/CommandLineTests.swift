import Testing

/// What the program says to people at a terminal.
@Suite struct CommandLineTests {
    @Test(arguments: [[], ["--help"], ["-h"], ["help"]])
    func helpNamesEveryCommand(_ words: [String]) async throws {
        let help = try await Program.run(words)
        #expect(help.status == 0)
        for name in [
            "serve", "users create", "users list", "users set-role", "keys init", "keys status", "journal verify",
            "journal checkpoint", "journal export", "migrate", "doctor", "version",
        ] {
            #expect(help.output.contains("  \(name) "), "\(name)")
        }
        #expect(help.output.contains("MAX_CONTENT_LENGTH") && help.output.contains("CLOUDSPACE_DATA"))
    }

    @Test(arguments: [
        "serve", "users create", "users list", "users set-role", "keys init", "keys status", "journal verify",
        "journal checkpoint", "journal export", "migrate", "doctor", "version",
    ])
    func everyCommandExplainsItselfWithAnExample(_ command: String) async throws {
        let words = command.split(separator: " ").map(String.init)
        let help = try await Program.run(words + ["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("Usage: cloudspace \(command)"))
        #expect(help.output.contains("Examples:\n  cloudspace \(command)"))
        #expect(try await Program.run(["help"] + words).output == help.output)
        #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 130 }, "lines stay readable")
    }

    @Test func aGroupListsItsCommands() async throws {
        let help = try await Program.run(["users", "--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("users create") && help.output.contains("users set-role"))
    }

    @Test func versionIsOneLine() async throws {
        for words in [["version"], ["--version"], ["-V"]] {
            let version = try await Program.run(words)
            #expect(version.status == 0)
            #expect(version.output.wholeMatch(of: /cloudspace \d+\.\d+\.\d+/) != nil, "\(version.output)")
        }
    }

    @Test(arguments: [
        (["serv"], "did you mean \"serve\"?"),
        (["users", "craete"], "did you mean \"create\"?"),
        (["keys"], "keys needs a second word: init, status"),
        (["serve", "--lisen", "x"], "did you mean --listen?"),
        (["serve", "--hlep"], "did you mean --help?"),
        (["serve", "here"], "\"here\" is not expected here"),
        (["serve", "--data"], "--data needs a value"),
        (["serve", "--data", "a", "--data", "b"], "--data is given twice"),
        (["doctor", "--deep=1"], "--deep takes no value"),
        (["--deep"], "--deep comes before a command"),
        (["version", "--data", "x"], "unknown flag --data"),
        (["frobnicate"], "known are serve"),
    ])
    func aMistakeIsNamedInOneLineWithWhatWasMeant(_ words: [String], _ expected: String) async throws {
        let result = try await Program.run(words)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(expected), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("cloudspace: "))
    }

    @Test func whatSomebodyTypedCannotSteerTheTerminal() async throws {
        let result = try await Program.run(["\u{1b}[2Jx"])
        #expect(result.status == 2)
        #expect(!result.errors.contains("\u{1b}"))
    }
}
