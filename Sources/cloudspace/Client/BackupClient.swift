import HTTP

/// Speaks to a running server about its backups, as an administrator.
struct BackupClient: Sendable {
    let session: PushSession
    private let server: ServerURL

    /// Who one is, and where the server is.
    static let settings: [any SettingDescription] = [
        PushCommand.server, PushCommand.email, PushCommand.token, PushCommand.tokenFile, PushCommand.authority,
    ]

    /// Signs in, runs `body`, signs out.
    /// - Throws: `ProgramError.refused` with the server's own words for what it refuses, `.failed` when it does not answer.
    static func use<Result: Sendable>(
        _ invocation: Invocation, _ body: (BackupClient) async throws -> Result
    ) async throws -> Result {
        let configuration = invocation.configuration
        let server = try configuration[PushCommand.server]
        guard server.isSecure || server.isLocal else {
            throw ProgramError.usage(
                "--server is on another machine and not https: who signs in there shows everybody the password",
                invocation.command.path)
        }
        let client = APIClient(server, certificateAuthority: try configuration[PushCommand.authority])
        let credentials = try PushCommand.credentials(configuration)
        do {
            let session = try await PushSession.open(client, credentials) {
                StandardInput.secretLine(prompt: "Code of the second factor: ", limit: 64)
            }
            do {
                let result = try await body(BackupClient(session: session, server: server))
                await session.close()
                return result
            } catch {
                await session.close()
                throw error
            }
        } catch APIFailure.refused(let status, _, let message, _) where status < 500 {
            throw ProgramError.refused(message)
        } catch let failure as APIFailure {
            throw ProgramError.failed("\(server): \(failure.words)")
        }
    }

    private static let path = "/api/sauvegardes"
    private static let english = [(name: "Accept-Language", value: "en")]

    func get(_ rest: String = "", query: [(name: String, value: String)] = []) async throws -> JSONValue {
        try await session.send("GET", Self.path + rest, query: query, headers: Self.english)
    }

    func post(_ rest: String = "", _ members: [String: JSONValue] = [:]) async throws -> JSONValue {
        try await session.send("POST", Self.path + rest, headers: Self.english) { .json(.object(members)) }
    }

    func delete(_ rest: String, query: [(name: String, value: String)] = []) async throws -> JSONValue {
        try await session.send("DELETE", Self.path + rest, query: query, headers: Self.english)
    }

    /// A part of a volume.
    /// - Returns: at most `count` bytes, fewer only at the end.
    func bytes(of id: String, volume: Int, from offset: Int64, count: Int) async throws -> [UInt8] {
        try await session.bytes(
            "\(Self.path)/\(id)/archive", query: [(name: "volume", value: String(volume))],
            range: offset..<offset + Int64(count))
    }

    /// Follows a backup to its end, showing how far it is.
    /// - Parameter isOver: whether what is waited for has come.
    func follow(_ id: String, until isOver: (JSONValue) -> Bool) async throws -> JSONValue {
        let line = Progress()
        defer { line.clear() }
        let start = ContinuousClock.now
        while true {
            let backup = try await get("/\(id)")
            if isOver(backup) { return backup }
            line.show(BackupText.progress(backup, since: start))
            try await Task.sleep(for: .milliseconds(300))
        }
    }
}

extension JSONValue {
    /// The text of a member, made fit for a terminal; empty when there is none.
    func word(_ name: String) -> String {
        if case .string(let text)? = self[name] { text.printable } else { "" }
    }

    func number(_ name: String) -> Int64 {
        if case .integer(let number)? = self[name] { number } else { 0 }
    }

    func list(_ name: String) -> [JSONValue] {
        if case .array(let elements)? = self[name] { elements } else { [] }
    }
}

/// Backups in lines for a terminal.
enum BackupText {
    private static let width = 24

    static func progress(_ backup: JSONValue, since start: ContinuousClock.Instant) -> String {
        let running = backup.list("controles").first { $0.word("statut") == "en_cours" }
        let work = running ?? backup
        let count = work["avancement"] ?? .null
        let percent = Int(clamping: min(100, max(0, work.number("progression"))))
        let filled = percent * width / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let seconds = (ContinuousClock.now - start).components.seconds
        let word = work.word("statut") == "en_attente" ? "waits its turn" : "\(percent) %"
        return "[\(bar)] \(word)  \(size(count.number("octets"))) of \(size(count.number("octets_total")))  "
            + "\(count.number("elements")) of \(count.number("elements_total"))  \(seconds) s"
    }

    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(max(0, bytes)), 0)
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int(value * 10)
        return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// One line: id, when, what, state, size, proof.
    static func line(_ backup: JSONValue) -> String {
        var words = [
            backup.word("id"), backup.word("date"), padded(backup.word("type"), 8), padded(backup.word("mode"), 12),
            padded(backup.word("forme"), 8), padded(backup.word("statut"), 10),
            padded(backup.number("octets") > 0 ? size(backup.number("octets")) : "-", 10),
        ]
        switch backup.word("preuve") {
        case "reussie": words.append("proven \(backup.word("last_proven_restorable"))")
        case "echec": words.append("DAMAGED")
        default: words.append("not proven")
        }
        if let problem = backup["probleme"], problem != .null { words.append("(\(problem.word("code")))") }
        return words.joined(separator: "  ")
    }

    static func details(_ backup: JSONValue) -> String {
        var lines = [line(backup)]
        let content = backup["contenu"] ?? .null
        if !content.word("nom").isEmpty { lines.append("    of       \(content.word("nom"))") }
        if !backup.word("base_id").isEmpty { lines.append("    stands on \(backup.word("base_id"))") }
        if !backup.word("moment").isEmpty {
            lines.append(
                "    shows    \(backup.word("moment")): \(content.number("nombre_fichiers")) files, "
                    + "\(content.number("nombre_dossiers")) folders, \(content.number("nombre_versions")) versions")
        }
        if !backup.word("chemin").isEmpty { lines.append("    lies in  \(backup.word("chemin"))") }
        for volume in backup.list("volumes") {
            lines.append(
                "    volume \(volume.number("numero"))  \(size(volume.number("octets")))  sha256 \(volume.word("sha256"))"
            )
        }
        if let problem = backup["probleme"], problem != .null {
            lines.append("    problem  \(problem.word("code")): \(problem.word("detail"))")
        }
        for check in backup.list("controles") {
            lines.append(
                "    \(check.word("type"))  \(check.word("date"))  \(check.word("statut"))  \(check.number("nombre_constats")) findings"
            )
            for finding in check.list("constats").prefix(20) {
                lines.append("        \(finding.word("code")): \(finding.word("objet"))")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
