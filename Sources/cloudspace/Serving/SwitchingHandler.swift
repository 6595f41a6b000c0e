import HTTP
import Synchronization

/// Hands requests to whatever serves now: the vault, or what is left of it while it is sealed.
final class SwitchingHandler: RequestHandler {
    private let current: Mutex<any RequestHandler>

    init(_ first: any RequestHandler) { current = Mutex(first) }

    /// From now on `next` serves. Requests that were routed before are answered by it, too.
    func replace(with next: any RequestHandler) { current.withLock { $0 = next } }

    private var handler: any RequestHandler { current.withLock { $0 } }

    func route(_ head: RequestHead) -> RouteDecision { handler.route(head) }
    func respond(to request: Request) async -> Response { await handler.respond(to: request) }
    func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response { handler.render(problem, for: head) }
    func ended(_ outcome: RequestOutcome) { handler.ended(outcome) }
    func serverStops() { handler.serverStops() }
}

/// Answers nothing; stands where no handler is yet.
struct NoHandler: RequestHandler {
    func route(_ head: RequestHead) -> RouteDecision { .refuse(Self.starting) }
    func respond(to request: Request) async -> Response { .problem(Self.starting) }

    private static let starting = HTTPProblem(status: 503, code: "starting", message: "The server is starting")
}
