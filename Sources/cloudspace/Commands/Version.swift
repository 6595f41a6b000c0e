/// `cloudspace version`
enum VersionCommand {
    static let command = Command(
        "version", summary: "Say which version this is",
        details: "`cloudspace --version` says the same.", examples: ["version"]
    ) { _ in
        StandardStream.output.print("cloudspace \(Program.version)")
        return 0
    }
}
