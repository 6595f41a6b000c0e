/// A request handler over a route table: finds the route, runs it inside the middleware, renders what it throws.
public struct RoutedHandler: RequestHandler {
    /// Code around every handler: security headers, CORS, logging, rate limits.
    public typealias Middleware = @Sendable (Request, _ next: Route.Handler) async throws -> Response
    /// Spells a refusal.
    public typealias Renderer = @Sendable (HTTPProblem, RequestHead?) -> Response
    /// Turns what a handler threw into an answer.
    public typealias ErrorRenderer = @Sendable (any Error, Request) -> Response

    /// The routes served.
    public let routes: Routes
    private let router: Router
    private let chain: Route.Handler
    private let renderProblem: Renderer
    private let renderError: ErrorRenderer
    private let onEnd: @Sendable (RequestOutcome) -> Void

    /// - Parameters:
    ///   - routes: the table.
    ///   - middleware: outermost first; runs around matched routes, not around refusals of routing.
    ///   - renderProblem: spells refusals; by default `Response.problem`.
    ///   - renderError: spells what handlers throw; by default errors of this module as `HTTPProblem`, others as 500.
    ///   - onEnd: told of every request when it is over; for logs, must not block.
    public init(
        _ routes: Routes, middleware: [Middleware] = [],
        renderProblem: @escaping Renderer = { problem, _ in .problem(problem) },
        renderError: ErrorRenderer? = nil,
        onEnd: @escaping @Sendable (RequestOutcome) -> Void = { _ in }
    ) {
        self.onEnd = onEnd
        self.routes = routes
        router = Router(routes)
        self.renderProblem = renderProblem
        self.renderError =
            renderError ?? { error, request in renderProblem(HTTPProblem(error) ?? .internal, request.head) }
        var chain: Route.Handler = { request in
            guard let route = request.route else { throw HTTPProblem.notFound }
            return try await route.handler(request)
        }
        for layer in middleware.reversed() {
            let next = chain
            chain = { request in try await layer(request, next) }
        }
        self.chain = chain
    }

    public func route(_ head: RequestHead) -> RouteDecision {
        switch router.match(head.method, head.path) {
        case .found(let route, let parameters):
            .accept(route.info.body, route: route, parameters: parameters)
        case .methodNotAllowed(let allowed):
            head.method == .options
                ? .accept(.none, route: Self.optionsRoute(allowed), parameters: [:])
                : .refuse(.methodNotAllowed(allowed))
        case .notFound: .refuse(.notFound)
        }
    }

    public func respond(to request: Request) async -> Response {
        do {
            return try await chain(request)
        } catch {
            return renderError(error, request)
        }
    }

    public func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response {
        renderProblem(problem, head)
    }

    public func ended(_ outcome: RequestOutcome) {
        onEnd(outcome)
    }

    /// Answers OPTIONS with the methods of the path; CORS middleware adds its fields around it.
    private static func optionsRoute(_ allowed: [Method]) -> Route {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        return Route(.options, "", RouteInfo(family: "", summary: "Methods of a path", access: .anyone)) { _ in
            Response(status: 204, headers: ["Allow": list])
        }
    }
}
