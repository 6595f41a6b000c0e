import HTTP

/// `cloudspace backup …`: makes, shows and lets go of a running server's backups.
enum BackupCommands {
    static let all = [create, list, show, verify, drill, download, delete, cancel, prune] + BackupScheduleCommands.all

    static let id = Option(name: "id", placeholder: "UUID", summary: "Id of the backup, as `backup list` shows it")
    static let type = Option(
        name: "type", placeholder: "TYPE",
        summary: "fichier, dossier, casier, armoire, espace or systeme (default: systeme)")
    static let target = Option(
        name: "target", placeholder: "UUID", summary: "Id of the file, folder or space; none for the system")
    private static let form = Option(
        name: "form", placeholder: "FORM",
        summary: "scellee (stored ciphertext; the default) or portable (a ZIP with a password)")
    private static let incremental = Option(
        name: "incremental", placeholder: nil, summary: "Only what the newest backup of the same target does not have")
    private static let base = Option(
        name: "base", placeholder: "UUID", summary: "Another backup for the increment to stand on")
    private static let passwordFile = Option(
        name: "password-file", placeholder: "FILE",
        summary: "File whose first line is the password of a portable archive")
    private static let noWait = Option(name: "no-wait", placeholder: nil, summary: "Do not wait for the end")
    private static let state = Option(
        name: "state", placeholder: "STATE",
        summary: "Only those en_attente, en_cours, terminee, echouee, annulee or suppression")
    private static let limit = Option(name: "limit", placeholder: "N", summary: "At most so many (default: 50)")
    private static let volume = Option(name: "volume", placeholder: "N", summary: "Only this volume")
    private static let into = Option(
        name: "into", placeholder: "DIR", summary: "Directory for the volumes (default: the present one)")
    private static let chain = Option(
        name: "chain", placeholder: nil, summary: "Also the increments that stand on it")
    private static let sample = Option(
        name: "sample", placeholder: "N", summary: "Versions to restore, 1 to 10000 (default: the server's own number)")

    private static let login =
        "--server, and --email or --token-file, say where the server is and which administrator asks."

    private static let create = Command(
        "backup create", summary: "Make a backup and wait for its end",
        details: """
            A sealed backup of the whole system unless said otherwise. \(login) Exit status 0 when it is complete, 1 when it \
            failed, 2 when the server refuses it.
            """,
        settings: BackupClient.settings,
        options: [type, target, form, incremental, base, passwordFile, .reason, noWait],
        examples: [
            "backup create --server https://vault.example.com --email ada@example.com",
            "backup create --server http://127.0.0.1:8080 --token-file token --incremental",
            "backup create --server https://vault.example.com --email ada@example.com --type dossier --target 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --form portable --password-file zip-password --reason \"Court order 7\"",
        ]
    ) { invocation in
        var body: [String: JSONValue] = ["type": .string(invocation.text(type) ?? "systeme")]
        if let text = invocation.text(target) { body["cible_id"] = .string(text) }
        if let text = invocation.text(form) { body["forme"] = .string(text) }
        if invocation.has(incremental) || invocation.text(base) != nil { body["mode"] = .string("incrementale") }
        if let text = invocation.text(base) { body["base_id"] = .string(text) }
        if let text = invocation.text(.reason) { body["motif"] = .string(text) }
        if let path = invocation.text(passwordFile) {
            guard let line = FileSystem.text(of: path, limit: 4_096)?.split(whereSeparator: \.isNewline).first else {
                throw ProgramError.setting("--password-file: \(path.printable) has no password in its first line")
            }
            body["mot_de_passe"] = .string(String(line))
        }
        let asked = body
        return try await BackupClient.use(invocation) { client in
            let id = try await client.post("", asked).word("id")
            if invocation.has(noWait) {
                StandardStream.output.print(id)
                return 0
            }
            let end = try await client.follow(id) { !["en_attente", "en_cours"].contains($0.word("statut")) }
            StandardStream.output.print(BackupText.details(end))
            return end.word("statut") == "terminee" ? 0 : 1
        }
    }

    private static let list = Command(
        "backup list", summary: "List backups, newest first",
        details:
            "One line a backup: id, date, what it is of, mode, form, state, size, and when a sample of it was last proven restorable. \(login)",
        settings: BackupClient.settings, options: [type, state, limit],
        examples: ["backup list --server https://vault.example.com --email ada@example.com --state terminee"]
    ) { invocation in
        var query: [(name: String, value: String)] = []
        if let text = invocation.text(type) { query.append(("type", text)) }
        if let text = invocation.text(state) { query.append(("statut", text)) }
        if let text = invocation.text(limit) { query.append(("limit", text)) }
        let asked = query
        return try await BackupClient.use(invocation) { client in
            let page = try await client.get(query: asked)
            for backup in page.list("sauvegardes") { StandardStream.output.print(BackupText.line(backup)) }
            return 0
        }
    }

    private static let show = Command(
        "backup show", summary: "Show one backup: volumes, hashes, problems and proofs",
        details: "With its live progress while it is being made. \(login)",
        settings: BackupClient.settings, options: [id],
        examples: [
            "backup show --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"
        ]
    ) { invocation in
        let id = try invocation.required(id)
        return try await BackupClient.use(invocation) { client in
            StandardStream.output.print(BackupText.details(try await client.get("/\(try path(id))")))
            return 0
        }
    }

    private static let verify = Command(
        "backup verify", summary: "Verify every volume, entry and seal of a backup and its chain",
        details: "Exit status 0 when all is as it was made, 1 when something is not. \(login)",
        settings: BackupClient.settings, options: [id, noWait],
        examples: [
            "backup verify --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"
        ]
    ) { invocation in
        try await prove(invocation, "verifier", [:])
    }

    private static let drill = Command(
        "backup drill", summary: "Restore a sample of a backup into memory, open it and compare",
        details:
            "What passes is published as last proven restorable. Exit status 0 when it passed, 1 when it did not. \(login)",
        settings: BackupClient.settings, options: [id, sample, noWait],
        examples: [
            "backup drill --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --sample 100"
        ]
    ) { invocation in
        var body: [String: JSONValue] = [:]
        if let text = invocation.text(sample) {
            guard let number = Int64(text) else {
                throw ProgramError.usage("--sample is no number", invocation.command.path)
            }
            body["echantillon"] = .integer(number)
        }
        return try await prove(invocation, "exercice", body)
    }

    private static func prove(
        _ invocation: Invocation, _ word: String, _ body: [String: JSONValue]
    ) async throws -> Int32 {
        let id = try invocation.required(id)
        return try await BackupClient.use(invocation) { client in
            let asked = try await client.post("/\(try path(id))/\(word)", body)
            let check = asked.list("controles").first?.word("id") ?? ""
            if invocation.has(noWait) { return 0 }
            let end = try await client.follow(id) { backup in
                backup.list("controles").allSatisfy { !["en_attente", "en_cours"].contains($0.word("statut")) }
            }
            StandardStream.output.print(BackupText.details(end))
            return end.list("controles").first { $0.word("id") == check }?.word("statut") == "reussie" ? 0 : 1
        }
    }

    private static let download = Command(
        "backup download", summary: "Download the volumes of a backup",
        details:
            "Each volume is compared with its SHA-256 before it gets its name. Existing files are not overwritten. \(login)",
        settings: BackupClient.settings, options: [id, volume, into],
        examples: [
            "backup download --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --into /mnt/usb"
        ]
    ) { invocation in
        let id = try path(try invocation.required(id))
        let directory = invocation.text(into) ?? "."
        return try await BackupClient.use(invocation) { client in
            let backup = try await client.get("/\(id)")
            guard backup.word("statut") == "terminee" else {
                throw ProgramError.refused("backup \(id) has no archive: it is \(backup.word("statut"))")
            }
            let wanted = invocation.text(volume)
            let volumes = backup.list("volumes").filter { wanted == nil || String($0.number("numero")) == wanted }
            guard !volumes.isEmpty else { throw ProgramError.refused("there is no such volume") }
            for volume in volumes {
                let download = VolumeFetch(client: client, backup: id, volume: volume, directory: directory)
                StandardStream.output.print(try await download.run())
            }
            return 0
        }
    }

    private static let delete = Command(
        "backup delete", summary: "Let a backup go for good",
        details: "Refused while increments stand on it, unless they go with it. \(login)",
        settings: BackupClient.settings, options: [id, chain],
        examples: [
            "backup delete --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"
        ]
    ) { invocation in
        let id = try path(try invocation.required(id))
        return try await BackupClient.use(invocation) { client in
            let gone = try await client.delete(
                "/\(id)", query: invocation.has(chain) ? [(name: "chaine", value: "true")] : [])
            for case .string(let one) in gone.list("sauvegardes") {
                StandardStream.output.print("\(one.printable)  goes")
            }
            return 0
        }
    }

    private static let cancel = Command(
        "backup cancel", summary: "Cancel a backup that waits or is being made",
        details: "Nothing of it stays. \(login)", settings: BackupClient.settings, options: [id],
        examples: [
            "backup cancel --server https://vault.example.com --email ada@example.com --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"
        ]
    ) { invocation in
        let id = try path(try invocation.required(id))
        return try await BackupClient.use(invocation) { client in
            _ = try await client.post("/\(id)/annuler")
            let end = try await client.follow(id) { !["en_attente", "en_cours"].contains($0.word("statut")) }
            StandardStream.output.print(BackupText.line(end))
            return 0
        }
    }

    private static let prune = Command(
        "backup prune", summary: "Let go of sealed backups that a policy does not keep",
        details: """
            For each target the newest --keep-last are kept, and the newest of each of so many days, weeks and months; what one of \
            them stands on is kept with it. \(login)
            """,
        settings: BackupClient.settings, options: BackupScheduleCommands.keepOptions + [.dryRun],
        examples: [
            "backup prune --server https://vault.example.com --email ada@example.com --keep-last 3 --keep-weekly 8 --dry-run"
        ]
    ) { invocation in
        let keep = try BackupScheduleCommands.keep(invocation)
        let isDryRun = invocation.has(.dryRun)
        return try await BackupClient.use(invocation) { client in
            let outcome = try await client.post("/elagage", ["garder": keep, "dry_run": .boolean(isDryRun)])
            for backup in outcome.list("supprimees") {
                StandardStream.output.print(
                    "\(backup.word("id"))  \(backup.word("date"))  \(backup.word("type"))  \(backup.word("mode"))  "
                        + (isDryRun ? "would go" : "goes"))
            }
            StandardStream.output.print(
                "\(outcome.list("supprimees").count) \(isDryRun ? "would go" : "go"), "
                    + "\(BackupText.size(outcome.number("octets"))); \(outcome.number("gardees")) stay")
            return 0
        }
    }

    /// An id as part of a path.
    static func path(_ id: String) throws(ProgramError) -> String {
        guard id.utf8.count == 36, id.allSatisfy({ $0.isHexDigit || $0 == "-" }) else {
            throw .usage("--id is \"\(id.printable)\"; expected a UUID, as `backup list` shows it", ["backup"])
        }
        return id
    }
}
