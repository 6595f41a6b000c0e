import HTTP
import Vault

/// A line per request around another handler. Shows the route and the ids in it, never names, queries or tokens.
struct AccessLog<Inner: RequestHandler>: RequestHandler {
    let inner: Inner
    let log: Log

    func route(_ head: RequestHead) -> RouteDecision { inner.route(head) }

    func respond(to request: Request) async -> Response {
        let start = ContinuousClock.now
        let response = await inner.respond(to: request)
        let elapsed = ContinuousClock.now - start
        log.info(
            "request",
            [
                "method": .text(request.method.rawValue), "route": .text(Self.route(of: request)),
                "status": .number(Int64(response.status)), "microseconds": .number(elapsed.microseconds),
                "address": .text(request.remoteAddress), "request": .text(request.id),
            ])
        return response
    }

    func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response { inner.render(problem, for: head) }

    /// The pattern of the route with ids filled in; whatever else a client put into its path stays out of the log.
    private static func route(of request: Request) -> String {
        guard let pattern = request.route?.pattern else { return "-" }
        return request.parameters.reduce(pattern) { text, parameter in
            NodeID(parameter.value) == nil ? text : text.replacing("{\(parameter.key)}", with: parameter.value)
        }
    }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
