import Crypto
import HTTP
import Media
import Testing
import Vault
import VaultTesting

/// A route used as it is meant to be, so that the journal can be asked what it holds of it.
struct CoveredRoute: Sendable, CustomTestStringConvertible {
    typealias Act = @Sendable (CoverageScene) async throws -> [HTTPTestResponse]

    /// Method and pattern, as in the route table.
    let route: String
    /// Uses the route in every way that its declared events tell of, and gives its answers alone.
    let act: Act

    init(_ route: String, _ act: @escaping Act) {
        self.route = route
        self.act = act
    }

    var testDescription: String { route }
}

/// Somebody with a drive, others beside them, and words for what the rows do.
struct CoverageScene: Sendable {
    let service: Service
    let admin: Service.Person
    let alex: Service.Person
    let sarah: Service.Person

    init(_ service: Service) async throws {
        self.service = service
        admin = try await service.person("Ada", "Min", role: .admin)
        alex = try await service.person()
        sarah = try await service.person("Sarah", "Miller")
    }

    var anyone: HTTPTestClient { service.anyone }
    var email: String { alex.account.profile.email.text }

    /// A file of Alex's.
    func file(_ name: String = "a.txt", in folder: String? = nil) async throws -> String {
        try await alex.client.put("content", at: name, in: folder).text("id")
    }

    func shared() async throws -> String {
        let id = try await file()
        let answer = try await alex.client.post(
            "/api/files/\(id)/share", json: #"{"email":"\#(sarah.account.profile.email.text)"}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return id
    }

    func trashed(_ name: String = "a.txt") async throws -> String {
        let id = try await file(name)
        try #require(try await alex.client.delete("/api/files/\(id)").status == 200)
        return id
    }

    func comment(on file: String) async throws -> String {
        try await alex.client.post("/api/files/\(file)/comments", json: #"{"text":"words"}"#).text("id")
    }

    /// A link on a file: the link's id and its token.
    func link(on file: String, _ terms: String = "{}") async throws -> (id: String, token: String) {
        let answer = try await alex.client.post("/api/files/\(file)/links", json: terms)
        try #require(answer.status == 201, "\(answer.text)")
        return (answer.text("id"), answer.text("token"))
    }

    func logIn(_ password: String = World.password, _ more: String = "") async throws -> HTTPTestResponse {
        try await anyone.post("/api/auth/login", json: #"{"email":"\#(email)","password":"\#(password)"\#(more)}"#)
    }

    /// Turns Alex's second factor on; gives the set-up.
    func secondFactor() async throws -> (totp: TOTP, recoveryCodes: [String], answers: [HTTPTestResponse]) {
        let first = try await alex.client.send(.post, "/api/user/2fa/toggle", body: [])
        guard case .string(let secret)? = try first.member("setup", "secret"),
            case .array(let codes)? = try first.member("setup", "recovery_codes")
        else { throw VaultError.noSetUp }
        let totp = TOTP(secret: try #require(Base32.decode(secret)))
        let on = try await toggle(code(totp))
        let words = codes.compactMap { code in if case .string(let text) = code { text } else { nil } }
        return (totp, words, [first, on])
    }

    func code(_ totp: TOTP) -> String {
        service.world.clock.advance(seconds: 30)
        return totp.code(at: service.world.clock.now().milliseconds / 1_000)
    }

    func toggle(_ code: String) async throws -> HTTPTestResponse {
        try await alex.client.post("/api/user/2fa/toggle", json: #"{"code":"\#(code)"}"#)
    }

    /// Goes on with the rotation under way, as the server's job does.
    func finishRotation() async throws {
        let core = service.world.core
        try await core.leases.round()
        try await RotationWork(core).run(under: try #require(core.leases.held[.rotation]))
    }

    /// The id of a notification of Sarah's.
    func notification() async throws -> String {
        _ = try await shared()
        guard
            case .string(let id)? = try await sarah.client.get("/api/notifications").member("notifications", "0", "id")
        else { throw VaultError.notFound(.notification) }
        return id
    }

    /// Sends the same until it is refused for being sent too often.
    func untilLimited(
        _ send: @Sendable () async throws -> HTTPTestResponse
    ) async throws -> [HTTPTestResponse] {
        var answers: [HTTPTestResponse] = []
        while answers.count < 50 {
            answers.append(try await send())
            if answers.last?.status == 429 { return answers }
        }
        return answers
    }
}
