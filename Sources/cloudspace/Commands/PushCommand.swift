import Crypto
import HTTP
import Journal

/// `cloudspace push`: files of this machine go into a vault, and stay here only where they must.
enum PushCommand {
    static let server = Setting<ServerURL>(
        "server", placeholder: "URL", summary: "The server: https://HOST, perhaps with :PORT and a path", fallback: nil,
        absence: nil
    ) { text throws(BadValue) in try ServerURL(parsing: text) }
    static let email = Setting<String?>(
        "email", placeholder: "ADDRESS",
        summary: "Sign in as this account; the password is asked for, or the first line of "
            + "standard input", fallback: .some(nil), absence: ""
    ) { $0 }
    static let token = Setting<String?>(
        "token", placeholder: "TOKEN", summary: "Token of a session, instead of --email", places: [.environment],
        fallback: .some(nil), absence: ""
    ) { $0 }
    static let tokenFile = Setting<String?>.path(
        "token-file", summary: "File whose first line is the token of a session, instead of --email")
    static let authority = Setting<String?>.path(
        "ca-file", summary: "Certificates (PEM) to trust instead of the system's")
    static let verifierKey = Setting<String?>(
        "verifier-key", placeholder: "KEY",
        summary:
            "The key that receipts must be signed with (NAME+ID+BASE64); without it the one that the server shows first",
        fallback: .some(nil), absence: ""
    ) { $0 }
    static let parallel = Setting<Int>.count("parallel", summary: "Files under way at once", 1...16, fallback: 4)
    static let receipts = Setting<String?>.path(
        "receipts", summary: "File that keeps the receipts; what tells a later run what is done already")

    static let into = Option(
        name: "into", placeholder: "PATH",
        summary: "Folder of the vault, made where it is missing: Clients/2026; / is the top of the drive (default: the "
            + "directory's own name)")
    static let delete = Option(
        name: "delete-after-upload", placeholder: nil,
        summary: "Remove each file here once the vault's signed receipt was checked against the bytes that were read")
    static let overwrite = Option(
        name: "overwrite", placeholder: nil,
        summary:
            "With --delete-after-upload: write zeros over a file before it goes; flash disks and copy-on-write file "
            + "systems keep the bytes all the same")
    static let dryRun = Option(name: "dry-run", placeholder: nil, summary: "Say what would be sent, and do nothing")
    static let httpAllowed = Option(
        name: "allow-http", placeholder: nil,
        summary: "Send password and files to another machine although everybody on the way can read them")

    static let command = Command(
        "push", summary: "Send a directory of files to a server, and remove them here if wanted",
        details: """
            Sends every regular file of DIR with its folders; links and special files are left alone. A file that the vault has \
            already, unchanged since, is not sent again; a changed one becomes a new version. Every file is acknowledged by a \
            receipt that the vault signs; receipts are kept in --receipts (default: below ~/.local/state/cloudspace), and with \
            --delete-after-upload nothing is removed before its receipt was checked and is on the disk.
            Interrupt it whenever you like: the same command goes on where it was. Exit status 0 when all is there, 1 when some \
            files were not sent, 2 when nothing can be sent.
            """,
        settings: [server, email, token, tokenFile, authority, verifierKey, parallel, receipts],
        options: [directory, into, delete, overwrite, dryRun, httpAllowed],
        examples: [
            "push --dir scans --server https://vault.example.com --email ama@example.com",
            "push --dir scans --server https://vault.example.com --email ama@example.com --into Clients/2026 --delete-after-upload",
        ]
    ) { invocation in
        try await run(invocation)
    }

    static let directory = Option(name: "dir", placeholder: "DIR", summary: "The directory to send (required)")

    private static func run(_ invocation: Invocation) async throws -> Int32 {
        let configuration = invocation.configuration
        let top = FileSystem.resolved(try invocation.required(directory))
        guard FileSystem.status(of: top)?.isDirectory == true else {
            throw ProgramError.setting("--dir: \(top.printable) is not a directory")
        }
        if invocation.has(overwrite), !invocation.has(delete) {
            throw ProgramError.usage("--overwrite goes with --delete-after-upload", invocation.command.path)
        }
        let server = try configuration[server]
        guard server.isSecure || server.isLocal || invocation.has(httpAllowed) else {
            throw ProgramError.refused(
                "\(server) would carry password and files where everybody on the way can read them; use https, or say "
                    + "--allow-http")
        }
        let target = try target(invocation, top)
        let (files, bytes) = try await LocalTree.size(of: top)
        if invocation.has(dryRun) {
            StandardStream.output.print(
                "\(files) files, \(bytes) bytes would go to \(shown(target)) on \(server)")
            return 0
        }
        let credentials = try credentials(configuration)
        do {
            return try await send(
                invocation, top: top, target: target, server, credentials, PushProgress(files: files, bytes: bytes))
        } catch let failure as APIFailure {
            throw ProgramError.failed("\(server): \(failure.words)")
        }
    }

    private static func send(
        _ invocation: Invocation, top: String, target: [String], _ server: ServerURL,
        _ credentials: PushSession.Credentials, _ progress: PushProgress
    ) async throws -> Int32 {
        let configuration = invocation.configuration
        let client = APIClient(server, certificateAuthority: try configuration[authority])
        let key = try await receiptKey(client)
        let expected = try configuration[verifierKey].map { text in
            do { return try NoteVerifierKey(parsing: text) } catch {
                throw ProgramError.setting(
                    "--verifier-key: expected NAME+ID+BASE64, as the server's administrator has it")
            }
        }
        let place = shown(target)
        let path = try configuration[receipts] ?? defaultReceipts(top, server, place)
        if isBelow(top, FileSystem.resolved(path)) {
            throw ProgramError.setting("--receipts: \(path.printable) lies in the directory that is sent")
        }
        let file = try ReceiptFile(path: path, server: server, target: place, expected: expected, offered: key)
        let session = try await PushSession.open(client, credentials) {
            StandardInput.secretLine(prompt: "Code of the second factor: ", limit: 64)
        }
        let push = Push(
            top: top, target: target, session: session, receipts: file,
            removal: invocation.has(delete) ? (invocation.has(overwrite) ? .overwrite : .unlink) : nil,
            parallel: try configuration[parallel], progress: progress)
        do {
            let counts = try await withThrowingTaskGroup(of: PushProgress.Counts?.self) { group in
                group.addTask {
                    await progress.run()
                    return nil
                }
                group.addTask { try await push.run() }
                while let result = try await group.next() {
                    guard let result else { continue }
                    group.cancelAll()
                    return result
                }
                return progress.now
            }
            await session.close()
            return tell(counts, receipts: path)
        } catch {
            await session.close()
            throw error
        }
    }

    private static func tell(_ counts: PushProgress.Counts, receipts: String) -> Int32 {
        StandardStream.output.print(
            "sent \(counts.sent), there already \(counts.known), removed here \(counts.removed), left alone \(counts.skipped), "
                + "not sent \(counts.failed)")
        StandardStream.output.print("receipts: \(receipts.printable)")
        return counts.failed == 0 ? 0 : 1
    }

    /// What the server says its key is; whether to believe it is the receipt file's business.
    private static func receiptKey(_ client: APIClient) async throws -> NoteVerifierKey {
        let answer = try await client.send("GET", "/api/recus/cle")
        guard case .string(let text)? = answer["verifier_key"], let key = try? NoteVerifierKey(parsing: text) else {
            throw APIFailure.notOurs(status: 200)
        }
        return key
    }

    static func credentials(_ configuration: Configuration) throws -> PushSession.Credentials {
        if let path = try configuration[tokenFile] {
            guard let text = FileSystem.text(of: path, limit: 64 << 10),
                let line = text.split(whereSeparator: \.isNewline).first
            else { throw ProgramError.setting("--token-file: \(path.printable) has no token in its first line") }
            return .token(String(line))
        }
        if let text = try configuration[token] { return .token(text) }
        guard let address = try configuration[email] else {
            throw ProgramError.setting("who you are is missing; give --email, --token-file or \(token.environment)")
        }
        guard let password = StandardInput.secretLine(prompt: "Password of \(address.printable): ", limit: 4_096) else {
            throw ProgramError.failed("standard input has no password in its first line")
        }
        return .password(email: address, password: password)
    }

    private static func target(_ invocation: Invocation, _ top: String) throws(ProgramError) -> [String] {
        guard let text = invocation.text(into) else {
            return [String(top.split(separator: "/").last ?? "Files")]
        }
        let names = text.split(separator: "/").map(String.init)
        guard names.count <= 64 else { throw .usage("--into has too many folders", invocation.command.path) }
        return names
    }

    private static func shown(_ target: [String]) -> String { "/" + target.joined(separator: "/") }

    private static func isBelow(_ top: String, _ path: String) -> Bool {
        path == top || path.hasPrefix(top == "/" ? "/" : top + "/")
    }

    /// One file for one directory, server and folder.
    private static func defaultReceipts(
        _ top: String, _ server: ServerURL, _ target: String
    ) throws(ProgramError) -> String {
        let environment = ProcessEnvironment.current()
        let base: String
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            base = state
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            base = home + "/.local/state"
        } else {
            throw .setting("there is no home directory to keep receipts in; give --receipts")
        }
        let folder = base + "/cloudspace"
        _ = try FileSystem.makeDirectory(folder)
        let digest = SHA256Hash.of(Array("\(top)\n\(server)\n\(target)".utf8))
        return "\(folder)/push-\(Hex.encode(Array(digest.prefix(8)))).receipts"
    }
}
