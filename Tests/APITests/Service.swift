import API
import Backup
import BlobStore
import Crypto
import Database
import HTTP
import Journal
import Media
import Synchronization
import Testing
import Vault
import VaultTesting

/// The whole API over a real socket and a fresh vault, for one test.
struct Service: Sendable {
    let world: World
    let port: UInt16
    let application: Application
    let server: HTTPServer
    let log: RecordedLog
    let backups: BackupWorld
    /// A client of nobody.
    var anyone: HTTPTestClient { HTTPTestClient(port: port) }

    /// Registers somebody and gives their client.
    func person(
        _ firstName: String = "Alex", _ lastName: String = "Davidson", role: Role = .contributeur
    ) async throws -> Person {
        let email = "\(firstName).\(lastName)@cloudspace.com".lowercased()
        let account = try await world.vault.register(
            try Registration(
                firstName: firstName, lastName: lastName, email: email, password: World.password, role: role),
            from: .local)
        let session = try await world.vault.sessions.open(account.id, from: .local)
        return Person(account: account, token: session.token, client: anyone.signedIn(session.token))
    }

    struct Person: Sendable {
        let account: Account
        let token: String
        let client: HTTPTestClient
        var id: String { account.id.description }
    }
}

/// What the application told the operator.
final class RecordedLog: Sendable {
    private let storage = Mutex<[LogRecord]>([])
    var records: [LogRecord] { storage.withLock { $0 } }
    func append(_ record: LogRecord) { storage.withLock { $0.append(record) } }
}

func withService(
    limit: Int64 = FixedAllowance.defaultLimit, vault settings: VaultSettings = VaultSettings(),
    blobs: any BlobStore = MemoryBlobStore(),
    application: ApplicationSettings = ApplicationSettings(), previews: PreviewProgram? = nil,
    configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (Service) async throws -> Void
) async throws {
    var settings = settings
    // On a busy machine a picture takes its time; that it is waited for is what is tested.
    settings.previewPatience = .seconds(60)
    let world = try await World(
        blobs: blobs, allowance: FixedAllowance(bytes: limit), settings: settings, schemas: [World.backupSchema],
        previews: previews)
    let backups = try BackupWorld(world)
    let log = RecordedLog()
    var served = application
    served.imports.patience = .seconds(60)
    let application = Application(
        vault: world.vault, sealing: NothingSealed(), backups: backups.backups, settings: served,
        log: { log.append($0) })
    var configuration = ServerConfiguration()
    configure(&configuration)
    let server = HTTPServer(configuration, application)
    application.observe(server)
    let port = try server.start()
    let service = Service(
        world: world, port: port, application: application, server: server, log: log, backups: backups)
    do {
        try await body(service)
    } catch {
        await server.stop(graceSeconds: 0)
        await world.close()
        throw error
    }
    await server.stop(graceSeconds: 0)
    await world.close()
}

extension HTTPTestResponse {
    /// The text of a member; empty when it is not there.
    func text(_ name: String) -> String { string(name) ?? "" }

    /// The stable code of a refusal.
    var code: String? { string("code") }
    /// The sentence of a refusal.
    var error: String? { string("error") }

    func member(_ path: String...) throws -> JSONValue? {
        var value: JSONValue? = try json()
        for name in path {
            if let index = Int(name), case .array(let elements)? = value {
                value = elements.indices.contains(index) ? elements[index] : nil
            } else {
                value = value?[name]
            }
        }
        return value
    }
}

extension HTTPTestClient {
    /// Uploads a small file as a form; the answer must be 201.
    @discardableResult
    func put(_ content: String, at name: String, in parent: String? = nil) async throws -> HTTPTestResponse {
        var parts: [Part] = [.file("file", name, Array(content.utf8))]
        if let parent { parts.append(.field("parent_id", parent)) }
        let answer = try await form("/api/files/upload", parts)
        try #require(answer.status == 201, "\(answer.text)")
        return answer
    }

    /// Makes a folder and gives its id.
    func folder(_ name: String, in parent: String? = nil) async throws -> String {
        let place = parent.map { ",\"parent_id\":\"\($0)\"" } ?? ""
        let answer = try await post("/api/drive/folders", json: "{\"name\":\"\(name)\"\(place)}")
        try #require(answer.status == 201, "\(answer.text)")
        return answer.text("id")
    }

    /// Uploads bytes as the body itself.
    func raw(_ target: String, _ bytes: [UInt8], headers: [(String, String)] = []) async throws -> HTTPTestResponse {
        try await send(.post, target, headers: headers + [("Content-Type", "application/octet-stream")], body: bytes)
    }
}

/// Whether an answer has every member of a documented example, each of the example's type. `null` in the example, and
/// null in the answer where the example has a value, are taken as "may be null".
func differences(_ answer: JSONValue, from example: JSONValue, at path: String = "$") -> [String] {
    switch (example, answer) {
    case (.null, _), (_, .null): return []
    case (.object(let wanted), .object):
        return wanted.sorted { $0.key < $1.key }.flatMap { name, value in
            answer[name].map { differences($0, from: value, at: "\(path).\(name)") } ?? ["\(path).\(name) is missing"]
        }
    case (.array(let wanted), .array(let given)):
        guard let first = wanted.first else { return [] }
        return given.enumerated().flatMap { differences($1, from: first, at: "\(path)[\($0)]") }
    case (.string, .string), (.integer, .integer), (.number, .number), (.boolean, .boolean): return []
    default: return ["\(path) is \(answer), not like \(example)"]
    }
}

/// Where only the answers and the events of sealing count; the program's own tests seal a vault.
private struct NothingSealed: VaultSealing {
    let provider = "file"

    func seal() async {}
}
