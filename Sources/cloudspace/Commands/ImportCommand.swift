import HTTP
import Synchronization

/// `cloudspace import`: a ZIP archive of this machine becomes files and folders of a vault.
enum ImportCommand {
    static let archivePassword = Setting<String?>(
        "archive-password", placeholder: "PASSWORD", summary: "Opens the archive's encrypted entries",
        places: [.environment], fallback: .some(nil), absence: ""
    ) { $0 }

    static let file = Option(name: "file", placeholder: "FILE", summary: "The archive to send (required)")
    static let to = Option(
        name: "to", placeholder: "PATH",
        summary: "Folder of the vault, made where it is missing: Clients/2026 (default: the top of the drive)")
    static let conflict = Option(
        name: "on-conflict", placeholder: "WHAT",
        summary: "Where a file of that name is: version (default), rename or refuse")

    static let command = Command(
        "import", summary: "Send a ZIP archive to a server and have it unpacked there",
        details: """
            Every entry is judged before the first is unpacked; what is left out is said with its reason. Interrupting the \
            command while the archive is sent ends the import; once it is being unpacked, the server goes on by itself.
            Exit status 0 when all of it is there, 1 when entries were left out or the import ended early, 2 when nothing can be sent.
            """,
        settings: [
            PushCommand.server, PushCommand.email, PushCommand.token, PushCommand.tokenFile, PushCommand.authority,
            archivePassword,
        ],
        options: [file, to, conflict, PushCommand.httpAllowed],
        examples: [
            "import --file scans.zip --to Clients/2026 --server https://vault.example.com --email ama@example.com"
        ]
    ) { invocation in
        try await run(invocation)
    }

    private static func run(_ invocation: Invocation) async throws -> Int32 {
        let configuration = invocation.configuration
        let path = FileSystem.resolved(try invocation.required(file))
        let server = try configuration[PushCommand.server]
        guard server.isSecure || server.isLocal || invocation.has(PushCommand.httpAllowed) else {
            throw ProgramError.refused(
                "\(server) would carry password and files where everybody on the way can read them; use https, or say "
                    + "--allow-http")
        }
        let words = ["version", "rename", "refuse"]
        let wish = invocation.text(conflict) ?? "version"
        guard words.contains(wish) else {
            throw ProgramError.usage("--on-conflict is version, rename or refuse", invocation.command.path)
        }
        let folders = (invocation.text(to) ?? "").split(separator: "/").map(String.init)
        guard folders.count <= 64 else {
            throw ProgramError.usage("--to has too many folders", invocation.command.path)
        }
        // Looked at before anybody is asked for a password.
        _ = try open(path) { _ in }
        let credentials = try PushCommand.credentials(configuration)
        let client = APIClient(server, certificateAuthority: try configuration[PushCommand.authority])
        do {
            let session = try await PushSession.open(client, credentials) {
                StandardInput.secretLine(prompt: "Code of the second factor: ", limit: 64)
            }
            do {
                let status = try await send(
                    path, into: folders, wish, password: try configuration[archivePassword], session)
                await session.close()
                return status
            } catch {
                await session.close()
                throw error
            }
        } catch let failure as APIFailure {
            throw ProgramError.failed("\(server): \(failure.words)")
        }
    }

    private static func open(
        _ path: String, _ moved: @escaping @Sendable (Int64) -> Void
    ) throws(ProgramError) -> LocalFile {
        do { return try LocalFile(path: path, moved: moved) } catch {
            throw ProgramError.setting("--file: \(path.printable) \(error.message)")
        }
    }

    private static func send(
        _ path: String, into folders: [String], _ conflict: String, password: String?, _ session: PushSession
    ) async throws -> Int32 {
        var remote = RemoteFolders(session, into: folders)
        let parent = try await remote.folder(for: [])
        var query = [(name: "on_conflict", value: conflict)]
        if let parent { query.append(("parent_id", parent)) }
        var headers = [(name: "Prefer", value: "respond-async")]
        if let password { headers.append(("Archive-Password", password)) }
        let line = Progress()
        let sent = Mutex<Int64>(0)
        let size = try open(path) { _ in }.byteCount
        var report = try await session.send("POST", "/api/drive/import", query: query, headers: headers) {
            let source = try open(path) { count in
                let total = sent.withLock { sent in
                    sent += count
                    return sent
                }
                line.show("sending \(percent(total, of: size))")
            }
            return .file(source)
        }
        guard case .string(let id)? = report["id"] else { throw APIFailure.notOurs(status: 202) }
        while text(report, "state") == "running" {
            line.show(
                "unpacking \(number(report, "done"))/\(number(report, "entries")) entries, "
                    + percent(number(report, "bytes_done"), of: number(report, "bytes")))
            try await Task.sleep(for: .milliseconds(500))
            report = try await session.send("GET", "/api/drive/import/\(id)", query: [(name: "limit", value: "1")])
        }
        line.clear()
        try await tellRefused(id, session)
        StandardStream.output.print(
            "new \(number(report, "created")), new versions \(number(report, "versioned")), folders made "
                + "\(number(report, "folders")), left out \(number(report, "refused"))")
        let state = text(report, "state")
        guard state == "completed" else {
            let cause = text(report, "failure").isEmpty ? "" : " (\(text(report, "failure")))"
            throw ProgramError.failed("the import is \(state)\(cause); what was stored stays, send the archive again")
        }
        return number(report, "refused") == 0 ? 0 : 1
    }

    private static func tellRefused(_ id: String, _ session: PushSession) async throws {
        var cursor: String? = "0"
        while let place = cursor {
            let page = try await session.send(
                "GET", "/api/drive/import/\(id)",
                query: [(name: "limit", value: "1000"), (name: "cursor", value: place)])
            guard case .array(let lines)? = page["report"] else { throw APIFailure.notOurs(status: 200) }
            for line in lines where text(line, "outcome") == "refused" {
                StandardStream.error.print(
                    "left out: \(text(line, "path").printable): \(text(line, "reason").printable)")
            }
            cursor = text(page, "next_cursor").isEmpty ? nil : text(page, "next_cursor")
        }
    }

    private static func text(_ value: JSONValue, _ name: String) -> String {
        if case .string(let text)? = value[name] { text } else { "" }
    }

    private static func number(_ value: JSONValue, _ name: String) -> Int64 {
        if case .integer(let number)? = value[name] { number } else { 0 }
    }

    private static func percent(_ part: Int64, of whole: Int64) -> String {
        whole <= 0 ? "100 %" : "\(min(100, Int64(Double(part) / Double(whole) * 100))) %"
    }
}
