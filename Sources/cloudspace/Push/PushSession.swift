import HTTP
import Synchronization

/// Somebody's sign-in at a server, renewed when it is over and ended at the end.
///
/// Requests that fail for a moment's reason are tried again, with growing pauses.
final class PushSession: Sendable {
    /// How one comes in.
    enum Credentials: Sendable {
        /// A session's token, which somebody else made and ends.
        case token(String)
        case password(email: String, password: String)
    }

    let client: APIClient
    private let credentials: Credentials
    private let token: Mutex<String>
    /// Asked for the second factor, when it is on; nil where there is nobody to ask.
    private let code: @Sendable () -> String?

    private static let attempts = 6

    private init(
        _ client: APIClient, _ credentials: Credentials, token: String, code: @escaping @Sendable () -> String?
    ) {
        self.client = client
        self.credentials = credentials
        self.token = Mutex(token)
        self.code = code
    }

    /// Signs in.
    /// - Throws: `APIFailure`; `ProgramError.refused` when a code is needed and nobody gives one.
    static func open(
        _ client: APIClient, _ credentials: Credentials, code: @escaping @Sendable () -> String?
    ) async throws -> PushSession {
        switch credentials {
        case .token(let token): return PushSession(client, credentials, token: token, code: code)
        case .password(let email, let password):
            let session = PushSession(client, credentials, token: "", code: code)
            let token = try await session.signIn(email, password)
            session.token.withLock { $0 = token }
            return session
        }
    }

    /// Ends the session, when it is this one's own.
    func close() async {
        guard case .password = credentials else { return }
        let token = token.withLock { $0 }
        // Where this fails the session ends by itself, in a day.
        _ = try? await client.send("POST", "/api/auth/logout", token: token)
    }

    /// Sends a request as this person; see ``APIClient/send(_:_:query:headers:body:token:)``.
    /// - Parameter body: made anew for every attempt.
    func send(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: () throws -> APIClient.Body = { .none }
    ) async throws -> JSONValue {
        try await persistently { [client] token in
            try await client.send(method, path, query: query, headers: headers, body: try body(), token: token)
        }
    }

    /// Asks for a part of a content as this person; see ``APIClient/bytes(_:query:range:token:)``.
    func bytes(
        _ path: String, query: [(name: String, value: String)], range: Range<Int64>
    ) async throws -> [UInt8] {
        try await persistently { [client] token in
            try await client.bytes(path, query: query, range: range, token: token)
        }
    }

    /// Tries again what fails for a moment's reason, or because the session is over.
    private func persistently<Answer>(_ attemptOnce: (String) async throws -> Answer) async throws -> Answer {
        var attempt = 1
        var mayRenew = true
        while true {
            let used = token.withLock { $0 }
            do {
                return try await attemptOnce(used)
            } catch APIFailure.refused(401, _, _, _) where mayRenew {
                mayRenew = false
                try await renew(used)
            } catch let failure as APIFailure where failure.isTransient && attempt < Self.attempts {
                try await Task.sleep(for: Self.pause(before: attempt, failure))
                attempt += 1
            }
        }
    }

    /// 1, 2, 4, 8, 16 seconds, or what the server asks for up to a minute.
    private static func pause(before attempt: Int, _ failure: APIFailure) -> Duration {
        let own = 1 << (attempt - 1)
        guard case .refused(_, _, _, let asked?) = failure else { return .seconds(own) }
        return .seconds(min(max(Int(clamping: asked), own), 60))
    }

    private func renew(_ used: String) async throws {
        guard case .password(let email, let password) = credentials else {
            throw ProgramError.refused("the token is not, or no longer, one of a session; sign in again for another")
        }
        // Somebody else may have renewed it meanwhile.
        guard token.withLock({ $0 == used }) else { return }
        let new = try await signIn(email, password)
        token.withLock { $0 = new }
    }

    private func signIn(_ email: String, _ password: String) async throws -> String {
        var answer = try await client.send(
            "POST", "/api/auth/login",
            body: .json(.object(["email": .string(email), "password": .string(password)])))
        if case .string(let challenge)? = answer["challenge"] {
            guard let code = code() else {
                throw ProgramError.refused(
                    "this account has a second factor; run the command at a terminal, or give a session's token by --token-file"
                )
            }
            answer = try await client.send(
                "POST", "/api/auth/login/2fa",
                body: .json(.object(["challenge": .string(challenge), "code": .string(code)])))
        }
        guard case .string(let token)? = answer["token"] else { throw APIFailure.notOurs(status: 200) }
        return token
    }
}
