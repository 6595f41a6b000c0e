public import Backup

/// What an operator may set about the HTTP side.
public struct ApplicationSettings: Sendable {
    /// Origins whose pages may call the API from a browser (requirements/1, CORS). `*` allows all; cookies are never
    /// allowed across origins.
    public var allowedOrigins: Set<String> = ["http://localhost:5173", "http://localhost:80", "http://localhost"]
    public var cookie = CookieSettings()
    /// What `/health` calls this service.
    public var serviceName = "cloudspace-vault"
    public var version = "0.1.0"
    /// How long a health check waits for a part.
    public var checkDeadline: Duration = .seconds(2)
    /// What archives from outside may be.
    public var imports = ImportSettings()

    public init() {}
}

/// How the sign-in cookie is set. The token inside is the same JWT that the answer's body carries.
public struct CookieSettings: Sendable {
    public enum Secure: Sendable {
        /// Under TLS only, as far as this program knows.
        case whenEncrypted
        /// Always: for a proxy that ends TLS and is not listed as trusted.
        case always
    }

    /// Whether signing in sets the cookie at all; a cookie that comes is read in any case.
    public var isIssued = true
    public var secure = Secure.whenEncrypted

    public init() {}
}
