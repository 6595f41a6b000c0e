import HTTP
import Vault

extension RouteInfo {
    /// A route of those who run the vault or watch over it.
    static func admin(
        _ summary: String, access: RouteAccess = .admin, body: BodyPolicy = .none, events: [AuditAction] = [],
        parameters: [QueryParameter] = [], requests: [BodyDescription] = [], _ responses: ResponseDescription...
    ) -> RouteInfo {
        RouteInfo(
            family: "admin", summary: summary, access: access, body: body, events: events.map(\.rawValue),
            parameters: parameters, requests: requests, responses: responses)
    }
}
