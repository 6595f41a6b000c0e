/// How a route takes its body.
public enum BodyPolicy: Sendable, Equatable {
    /// The route has no body; up to 64 KiB are read and thrown away, more is refused with 413.
    case none
    /// The body arrives whole, before the handler starts; more than `limit` bytes are refused with 413.
    case buffered(limit: Int)
    /// The body arrives as a stream, without limit but the handler's own; small ones buffered all the same.
    case stream
    /// As `.stream`; more than `limit` bytes are refused with 413.
    case streamUpTo(limit: Int64)

    /// The largest body taken, nil for no limit.
    public var limit: Int64? {
        switch self {
        case .none: 64 << 10
        case .buffered(let limit): Int64(limit)
        case .stream: nil
        case .streamUpTo(let limit): limit
        }
    }
}

/// Who may call a route. A tag for tables and documentation; the family's authentication enforces it.
public struct RouteAccess: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    public let rawValue: String

    /// A rule by name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A rule by name.
    public init(stringLiteral value: String) {
        rawValue = value
    }

    /// No authentication.
    public static let anyone: RouteAccess = "anyone"
    /// Any signed-in principal.
    public static let signedIn: RouteAccess = "signed_in"
    /// The permission role `admin`.
    public static let admin: RouteAccess = "admin"
    /// The permission roles `admin` and `auditeur`.
    public static let auditor: RouteAccess = "auditor"
    /// A project API key or a signed URL.
    public static let projectKey: RouteAccess = "project_key"
}

/// What is known of a route beside its handler: read by the transport, the event check and the OpenAPI document.
public struct RouteInfo: Sendable {
    /// The API family ("drive", "security", …): the OpenAPI tag, and whose dialect errors are spelled in.
    public var family: String
    /// One line on what it does.
    public var summary: String
    /// Who may call it.
    public var access: RouteAccess
    /// How its body arrives.
    public var body: BodyPolicy
    /// The journal actions it writes, reads of content included; empty when it touches no content.
    public var events: [String]
    /// Its query parameters.
    public var parameters: [QueryParameter]
    /// Its bodies, by media type.
    public var requests: [BodyDescription]
    /// Its answers.
    public var responses: [ResponseDescription]

    /// A description; what is left out is "nothing".
    public init(
        family: String, summary: String, access: RouteAccess = .signedIn, body: BodyPolicy = .none,
        events: [String] = [], parameters: [QueryParameter] = [], requests: [BodyDescription] = [],
        responses: [ResponseDescription] = []
    ) {
        self.family = family
        self.summary = summary
        self.access = access
        self.body = body
        self.events = events
        self.parameters = parameters
        self.requests = requests
        self.responses = responses
    }
}
