import HTTP

/// `cloudspace backup restore`: an archive, or a selection of it, back in the vault it was made of.
enum BackupRestoreCommand {
    private static let asOf = Option(
        name: "as-of", placeholder: "MOMENT",
        summary: "A moment of the archive's history, in ISO 8601 (default: the archive's own)")
    private static let select = Option(
        name: "select", placeholder: "PATHS", summary: "Only these paths or ids, with commas between them")
    private static let newer = Option(
        name: "newer", placeholder: "WORD", summary: "What came later: keep (the default) or trash")

    static let command = Command(
        "backup restore", summary: "Bring a backup back in place, as new versions, and wait for the end",
        details: """
            Nothing is overwritten: changed files get a new version, those in the trash come out of it, shredded ones are refused. \
            Contents that the store lost or damaged are copied back out of the archive. --server, and --email or --token-file, say \
            where the server is and which administrator asks. Exit status 0 when everything is back, 1 when something was \
            refused or it failed, 2 when the server refuses it.
            """,
        settings: BackupClient.settings, options: [BackupCommands.id, .dryRun, asOf, select, newer],
        examples: [
            "backup restore --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --dry-run",
            "backup restore --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --select Contracts/plan.txt --as-of 2026-11-22T08:00:00Z",
        ]
    ) { invocation in
        let id = try invocation.required(BackupCommands.id)
        guard !id.contains("/"), !id.contains("?") else {
            throw ProgramError.usage("--id is \"\(id.printable)\"; expected a UUID", invocation.command.path)
        }
        var body: [String: JSONValue] = ["dry_run": .boolean(invocation.has(.dryRun))]
        if let text = invocation.text(asOf) { body["as_of"] = .string(text) }
        if let text = invocation.text(select) {
            body["selection"] = .array(text.split(separator: ",").map { .string(String($0)) })
        }
        switch invocation.text(newer) {
        case nil, "keep": break
        case "trash": body["nouveaux"] = .string("corbeille")
        case let word?:
            throw ProgramError.usage(
                "--newer is \"\(word.printable)\"; expected keep or trash", invocation.command.path)
        }
        let asked = body
        return try await BackupClient.use(invocation) { client in
            let restore = try await client.post("/\(id)/restaurer", asked).word("id")
            let end = try await follow(restore, client)
            show(end)
            try await showRefused(restore, client)
            let refused = end["rapport"]?.number("refuse") ?? 0
            return end.word("statut") == "terminee" && refused == 0 ? 0 : 1
        }
    }

    private static func follow(_ id: String, _ client: BackupClient) async throws -> JSONValue {
        let line = Progress()
        defer { line.clear() }
        while true {
            let restore = try await client.get("/restaurations/\(id)", query: [(name: "limit", value: "1")])
            if ["terminee", "echouee"].contains(restore.word("statut")) { return restore }
            let progress = restore["progression"] ?? .null
            line.show("\(progress.number("fait")) of \(progress.number("total")) files and folders")
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private static func show(_ restore: JSONValue) {
        let report = restore["rapport"] ?? .null
        let out = StandardStream.output
        if restore.word("statut") == "echouee" { out.print("failed: \(restore.word("probleme"))") }
        out.print(restore["dry_run"] == .boolean(true) ? "would be done:" : "done:")
        for (word, text) in [
            ("cree", "out of the trash"), ("version_creee", "new versions"), ("deplace", "moved back"),
            ("renomme", "renamed back"), ("corbeille", "newer ones into the trash"), ("inchange", "as they were"),
            ("nouveaux_gardes", "newer ones kept"), ("contenus_remis", "contents out of the archive"),
            ("contenus_perdus", "contents lost in both"), ("refuse", "refused"),
        ] {
            out.print("    \(report.number(word))  \(text)")
        }
    }

    private static func showRefused(_ id: String, _ client: BackupClient) async throws {
        var cursor: String?
        repeat {
            var query = [(name: "issue", value: "refuse"), (name: "limit", value: "1000")]
            if let cursor { query.append((name: "curseur", value: cursor)) }
            let page = try await client.get("/restaurations/\(id)", query: query)
            for line in page.list("lignes") {
                StandardStream.output.print(
                    "    \(line.word("fichier_id"))  \(line.word("raison"))  \(line.word("nom"))")
            }
            cursor = page.word("curseur").isEmpty ? nil : page.word("curseur")
        } while cursor != nil
    }
}
