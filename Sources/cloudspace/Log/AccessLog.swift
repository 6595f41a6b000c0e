import HTTP
import Vault

/// A line per request around another handler. Shows the route and the ids in it, never names, queries or tokens.
struct AccessLog<Inner: RequestHandler>: RequestHandler {
    let inner: Inner
    let log: Log

    func route(_ head: RequestHead) -> RouteDecision { inner.route(head) }
    func respond(to request: Request) async -> Response { await inner.respond(to: request) }
    func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response { inner.render(problem, for: head) }

    func serverStops() { inner.serverStops() }

    func ended(_ outcome: RequestOutcome) {
        inner.ended(outcome)
        let head = outcome.head
        log.info(
            outcome.status == nil ? "request abandoned" : "request",
            [
                "method": .text(head.method.rawValue), "route": .text(route(of: head)),
                "status": .number(Int64(outcome.status ?? 0)), "microseconds": .number(outcome.microseconds),
                "address": .text(head.remoteAddress), "request": .text(head.id),
            ])
    }

    /// The pattern of the route with ids filled in; whatever else a client put into its path stays out of the log.
    private func route(of head: RequestHead) -> String {
        guard case .accept(_, let route?, let parameters) = inner.route(head) else { return "-" }
        return parameters.reduce(route.pattern) { text, parameter in
            NodeID(parameter.value) == nil ? text : text.replacing("{\(parameter.key)}", with: parameter.value)
        }
    }
}
