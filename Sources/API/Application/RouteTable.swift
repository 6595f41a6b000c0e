import HTTP
import Vault

/// Collects the routes of all families. A route says here, once, who may call it; a handler of a signed-in route cannot
/// be registered without taking the principal.
struct RouteTable {
    private(set) var routes = Routes()
    let authenticate: Authenticator
    let refusals: RefusalNotes

    init(authenticate: Authenticator, refusals: RefusalNotes) {
        self.authenticate = authenticate
        self.refusals = refusals
    }

    /// A route for everybody.
    mutating func open(
        _ method: Method, _ pattern: String, _ info: RouteInfo,
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        var info = info
        info.access = .anyone
        routes.add(method, pattern, info.completed) { [refusals] request in
            try await refusals.around(request, handler)
        }
    }

    /// A route that finds out in its own way who asks.
    mutating func add(
        _ method: Method, _ pattern: String, _ info: RouteInfo,
        recognise: @escaping @Sendable (Request) async throws -> Principal,
        _ handler: @escaping @Sendable (Request, Principal) async throws -> Response
    ) {
        routes.add(method, pattern, info.completed) { [refusals] request in
            let principal = try await refusals.around(request, recognise)
            return try await refusals.around(request, as: principal, handler)
        }
    }

    /// A route for signed-in people; `info.access` may narrow it to a role, which the core enforces.
    mutating func signedIn(
        _ method: Method, _ pattern: String, _ info: RouteInfo,
        _ handler: @escaping @Sendable (Request, Principal) async throws -> Response
    ) {
        var info = info
        info.responses += [ResponseDescription(401, "Not signed in", .reference("Error"))]
        if info.access != .signedIn {
            info.responses += [ResponseDescription(403, "The role does not allow it", .reference("Error"))]
        }
        routes.add(method, pattern, info.completed) { [authenticate, refusals] request in
            let principal = try await refusals.around(request) { try await authenticate($0) }
            return try await refusals.around(request, as: principal, handler)
        }
    }
}

extension RouteInfo {
    static func drive(
        _ summary: String, body: BodyPolicy = .none, events: [AuditAction] = [], parameters: [QueryParameter] = [],
        requests: [BodyDescription] = [], _ responses: ResponseDescription...
    ) -> RouteInfo {
        RouteInfo(
            family: "drive", summary: summary, body: body, events: events.map(\.rawValue), parameters: parameters,
            requests: requests, responses: responses)
    }

    static func security(
        _ summary: String, access: RouteAccess = .signedIn, body: BodyPolicy = .none, events: [AuditAction] = [],
        parameters: [QueryParameter] = [], requests: [BodyDescription] = [], _ responses: ResponseDescription...
    ) -> RouteInfo {
        RouteInfo(
            family: "security", summary: summary, access: access, body: body, events: events.map(\.rawValue),
            parameters: parameters, requests: requests, responses: responses)
    }

    /// A route of those who run the vault or watch over it.
    static func admin(
        _ summary: String, access: RouteAccess = .admin, body: BodyPolicy = .none, events: [AuditAction] = [],
        parameters: [QueryParameter] = [], requests: [BodyDescription] = [], _ responses: ResponseDescription...
    ) -> RouteInfo {
        RouteInfo(
            family: "admin", summary: summary, access: access, body: body, events: events.map(\.rawValue),
            parameters: parameters, requests: requests, responses: responses)
    }

    static func operations(_ summary: String, _ responses: ResponseDescription...) -> RouteInfo {
        RouteInfo(family: "operations", summary: summary, responses: responses)
    }

    /// With what every route of its kind may answer.
    fileprivate var completed: RouteInfo {
        var info = self
        if body != .none { info.responses += [ResponseDescription(400, "Malformed request", .reference("Error"))] }
        var seen: Set<Int> = []
        info.responses = info.responses.filter { seen.insert($0.status).inserted }
        return info
    }
}

extension BodyPolicy {
    /// Small JSON bodies.
    static let json = BodyPolicy.buffered(limit: 64 << 10)
}

extension ResponseDescription {
    /// A refusal, spelled as all refusals are.
    static func error(_ status: Int, _ description: String) -> ResponseDescription {
        ResponseDescription(status, description, .reference("Error"))
    }
}
