import HTTP
import Vault

/// Sign-up, sign-in, and the administration of people (requirements/1 "Authentification", requirements/2 step 1).
struct SecurityAccounts: Sendable {
    let vault: Vault
    let cookie: SignInCookie

    func register(in table: inout RouteTable) {
        table.open(.post, "/api/auth/register", Self.registerInfo, signUp)
        table.open(.post, "/api/auth/login", Self.loginInfo, logIn)
        table.open(.post, "/api/auth/login/2fa", Self.confirmInfo, confirmLogin)
        table.signedIn(.post, "/api/auth/logout", Self.logoutInfo, logOut)
        table.signedIn(.get, "/api/me", Self.meInfo, me)
        table.signedIn(.get, "/api/users", Self.usersInfo, users)
        table.signedIn(.put, "/api/users/{id}", Self.userInfo, administer)
    }

    // MARK: POST /api/auth/register

    @Sendable func signUp(_ request: Request) async throws -> Response {
        let body = try await request.jsonObject()
        let registration = try Registration(
            firstName: try body.required("first_name"), lastName: try body.required("last_name"),
            email: try body.required("email"), password: try body.required("password"))
        let account = try await vault.register(registration, from: request.origin)
        let session = try await vault.sessions.open(account.id, from: request.origin)
        var response = Response.json(201) { json in
            json.object { json in json.signedIn(session) }
        }
        cookie.set(session, on: &response, for: request)
        return response
    }

    // MARK: POST /api/auth/login

    @Sendable func logIn(_ request: Request) async throws -> Response {
        let body = try await request.jsonObject()
        let signIn: SignIn
        do {
            signIn = try await vault.sessions.logIn(
                email: try body.required("email"), password: try body.required("password"),
                code: try body.optionalString("code"), from: request.origin)
        } catch VaultError.wrongCode {
            throw Problem.wrongSignInCode
        }
        switch signIn {
        case .opened(let session): return loggedIn(session, request)
        case .challenged(let challenge):
            return .json { json in
                json.object { json in
                    json.field("two_factor_required", true)
                    json.field("challenge", challenge)
                }
            }
        }
    }

    private func loggedIn(_ session: OpenedSession, _ request: Request) -> Response {
        var response = Response.json { json in
            json.object { json in
                json.signedIn(session)
                json.field("avatar_url", session.account.profile.avatarURL)
            }
        }
        cookie.set(session, on: &response, for: request)
        return response
    }

    // MARK: POST /api/auth/login/2fa

    @Sendable func confirmLogin(_ request: Request) async throws -> Response {
        let body = try await request.jsonObject()
        do {
            let session = try await vault.sessions.logIn(
                challenge: try body.required("challenge"), code: try body.required("code"), from: request.origin)
            return loggedIn(session, request)
        } catch VaultError.wrongCode {
            throw Problem.wrongSignInCode
        }
    }

    // MARK: POST /api/auth/logout

    @Sendable func logOut(_ request: Request, _ principal: Principal) async throws -> Response {
        try await vault.sessions.logOut(principal)
        var response = Response.message("Logged out successfully")
        cookie.clear(on: &response, for: request)
        return response
    }

    // MARK: GET /api/me

    @Sendable func me(_ request: Request, _ principal: Principal) async throws -> Response {
        let account = try await vault.accounts.own(principal)
        return .json { $0.account(account) }
    }

    // MARK: GET /api/users

    @Sendable func users(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageAccounts)
        let limit = try request.limit(default: 100, maximum: 1_000)
        let cursor = try request.query.first("cursor").map { text in
            guard let id = AccountID(text) else { throw Problem.invalidCursor }
            return id
        }
        let page = try await vault.accounts.list(after: cursor, limit: limit, as: principal)
        return .json { json in
            json.object { json in
                json.array("users", page.accounts) { json, account in json.account(account) }
                json.field("next_cursor", page.next?.description)
            }
        }
    }

    // MARK: PUT /api/users/{id}

    @Sendable func administer(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageAccounts)
        guard let id = AccountID(try request.parameter("id")) else { throw VaultError.notFound(.account) }
        let body = try await request.jsonObject()
        let role: Role? = try body.optionalString("role").map { try Choices.parse($0, field: "role") }
        let status: GivenStatus? = try body.optionalString("status").map { try Choices.parse($0, field: "status") }
        guard role != nil || status != nil else { throw VaultError.invalid(field: "role", .missing) }
        let account = try await vault.accounts.administer(id, role: role, status: status?.status, as: principal)
        return .json { $0.account(account) }
    }

    /// What an administrator may set; erasing an account is an act of its own.
    private enum GivenStatus: String, CaseIterable {
        case active, disabled

        var status: AccountStatus {
            switch self {
            case .active: .active
            case .disabled: .disabled
            }
        }
    }
}

extension JSONWriter {
    /// The members both sign-up and sign-in answer with.
    fileprivate mutating func signedIn(_ session: OpenedSession) {
        field("id", session.account.id.description)
        field("first_name", session.account.profile.firstName)
        field("last_name", session.account.profile.lastName)
        field("email", session.account.profile.email.text)
        field("token", session.token)
    }
}

extension Response {
    /// `{"message": …}`
    static func message(_ text: String) -> Response {
        .json { json in json.object { json in json.field("message", text) } }
    }
}

// MARK: Descriptions

extension SecurityAccounts {
    private static let session: [Schema.Property] = [
        .required("id", .uuid), .required("first_name", .string()), .required("last_name", .string()),
        .required("email", .string(format: "email")), .required("token", .string(), "JWT, sent as Bearer"),
    ]

    private static let registerInfo = RouteInfo.security(
        "Sign up", body: .json, events: [.accountRegistered, .loginSucceeded],
        requests: [
            .json(
                .required("first_name", .string()), .required("last_name", .string()),
                .required("email", .string(format: "email")),
                .required("password", .string(format: "password"), "At least 8 characters"))
        ],
        ResponseDescription(201, "Signed up and in", .object(session)),
        .error(400, "Missing required fields"), .error(409, "Email already exists"))

    private static let signedIn = Schema.object(session + [.required("avatar_url", .nullable(.string()))])

    private static let confirmInfo = RouteInfo.security(
        "Second half of a sign-in with two factors", body: .json,
        events: [.loginSucceeded, .loginFailed, .recoveryCodeUsed, .signInLimited],
        requests: [
            .json(
                .required("challenge", .string(), "From the first half; five minutes, five attempts"),
                .required("code", .string(), "From the authenticator, or a recovery code"))
        ],
        ResponseDescription(200, "Signed in", signedIn), .error(401, "The code is not right"),
        .error(403, "Account disabled"), .error(429, "Too many failed attempts"))

    private static let loginInfo = RouteInfo.security(
        "Sign in", body: .json,
        events: [.loginSucceeded, .loginFailed, .loginChallenged, .recoveryCodeUsed, .signInLimited],
        requests: [
            .json(
                .required("email", .string(format: "email")), .required("password", .string(format: "password")),
                .optional("code", .string(), "Of the second factor, when it is known to be on"))
        ],
        ResponseDescription(
            200, "Signed in; or, with a second factor, what to send with its code",
            .oneOf([
                signedIn,
                .object([.required("two_factor_required", .boolean), .required("challenge", .string())]),
            ])),
        .error(401, "Invalid email or password"), .error(403, "Account disabled"),
        .error(429, "Too many failed attempts, by this account or from this address"))

    private static let logoutInfo = RouteInfo.security(
        "Sign out: the token ends at once", events: [.loggedOut], ResponseDescription(200, "Signed out", .message))

    private static let meInfo = RouteInfo.security(
        "The signed-in account", ResponseDescription(200, "The account", .account))

    private static let usersInfo = RouteInfo.security(
        "All accounts, oldest first", access: .admin, events: [.usersRead],
        parameters: [QueryParameter("limit", .integer, "1 to 1,000, default 100"), QueryParameter("cursor")],
        ResponseDescription(
            200, "One page",
            .object([.required("users", .array(.account)), .required("next_cursor", .nullable(.string()))])))

    private static let userInfo = RouteInfo.security(
        "Change the role or status of an account", access: .admin, body: .json, events: [.roleChanged],
        requests: [
            .json(
                .optional("role", .choice(Role.allCases.map(\.rawValue))),
                .optional("status", .choice(["active", "disabled"])))
        ],
        ResponseDescription(200, "The account", .account), .error(404, "User not found"),
        .error(409, "The last administrator must stay one"))
}
