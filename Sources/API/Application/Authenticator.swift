import HTTP
import Vault

/// Turns a request into a principal: the Bearer token, else the cookie. What follows knows neither.
struct Authenticator: Sendable {
    static let cookieName = "access_token"

    let sessions: Sessions

    /// - Throws: `VaultError.notSignedIn`; `Problem.originRefused` for a change by cookie from another site.
    func callAsFunction(_ request: Request) async throws -> Principal {
        if let field = request.headers.first("Authorization") {
            guard request.headers.count(of: "Authorization") == 1, let token = Self.bearerToken(field) else {
                throw VaultError.notSignedIn
            }
            return try await sessions.authenticate(token, from: request.origin)
        }
        guard let token = request.cookie(Self.cookieName), !token.isEmpty else { throw VaultError.notSignedIn }
        // A browser sends the cookie by itself; only the Origin tells whose page asked (OWASP, CSRF prevention).
        guard request.method.isSafe || request.isFromOwnOrigin else { throw Problem.originRefused }
        return try await sessions.authenticate(token, from: request.origin)
    }

    /// The token of a `Bearer` credential (RFC 6750, section 2.1).
    private static func bearerToken(_ field: String) -> String? {
        // By bytes: this runs for every request.
        let bytes = field.utf8
        guard bytes.count > 7, zip(bytes, "bearer ".utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        let token = bytes.dropFirst(7)
        guard token.allSatisfy({ $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ",") }) else { return nil }
        return String(Substring(token))
    }
}

extension Request {
    /// Where it came from, for the journal.
    var origin: RequestOrigin { RequestOrigin(address: remoteAddress, requestID: id) }

    /// True when `Origin` names the very host the request was sent to. The scheme may differ: behind a proxy that ends
    /// TLS this program sees plain HTTP.
    var isFromOwnOrigin: Bool {
        guard headers.count(of: "Origin") == 1, let origin = headers.first("Origin"), let host = headers.first("Host")
        else { return false }
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")] where origin.hasPrefix(scheme) {
            let own = host.lowercased()
            let named = origin.dropFirst(scheme.count).lowercased()
            return named == own || named + port == own || named == own + port
        }
        return false
    }
}

/// Sets and clears the sign-in cookie.
struct SignInCookie: Sendable {
    let settings: CookieSettings

    /// Adds the cookie to an answer, unless the request came from a page of another site.
    func set(_ session: OpenedSession, on response: inout Response, for request: Request) {
        guard settings.isIssued, !request.headers.contains("Origin") || request.isFromOwnOrigin else { return }
        response.headers.append("Set-Cookie", field(session.token, age: session.lifetime, request))
    }

    func clear(on response: inout Response, for request: Request) {
        guard request.cookie(Authenticator.cookieName) != nil else { return }
        response.headers.append("Set-Cookie", field("", age: 0, request))
    }

    private func field(_ value: String, age: Int64, _ request: Request) -> String {
        let secure =
            switch settings.secure {
            case .always: true
            case .whenEncrypted: request.isTLS
            }
        return "\(Authenticator.cookieName)=\(value); Path=/; Max-Age=\(age); HttpOnly; SameSite=Strict"
            + (secure ? "; Secure" : "")
    }
}
