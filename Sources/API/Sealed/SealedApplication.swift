public import HTTP
import Synchronization
import Vault

/// What the server answers while the vault's keys are not unlocked: how it stands, the proof of its journal, and the way
/// to unseal it. Everything else is 503 `vault_sealed`.
///
/// Holds no part of the open vault: when one is sealed again, nothing here keeps its keys alive.
public final class SealedApplication: RequestHandler {
    /// The route table of a sealed vault.
    public let routes: Routes
    private let router: RoutedHandler
    private let own: Set<ObjectIdentifier>
    private let headers: ResponseHeaders
    private let refusals: Refusals
    private let operations: SealedOperations

    /// - Parameter log: called for every answer that is the server's own fault; must not block.
    public init(
        _ vault: any SealedVaultState, settings: ApplicationSettings,
        log: @escaping @Sendable (LogRecord) -> Void = { _ in }
    ) {
        var routes = Routes()
        operations = SealedOperations(vault: vault, settings: settings)
        operations.register(in: &routes)
        UnsealRoutes(vault: vault).register(in: &routes)
        JournalVerificationRoutes(run: vault.verification).registerOpen(in: &routes)
        self.routes = routes
        own = Set(routes.all.map { ObjectIdentifier($0) })
        let refusals = Refusals(log: log)
        self.refusals = refusals
        headers = ResponseHeaders(allowedOrigins: settings.allowedOrigins)
        router = RoutedHandler(
            routes, renderProblem: { problem, head in refusals.response(to: problem, head) },
            renderError: { error, request in refusals.response(to: error, request) })
    }

    /// Lets `/metrics` show what the server counts.
    public func observe(_ server: HTTPServer) { operations.observe(server) }

    public func route(_ head: RequestHead) -> RouteDecision {
        let decision = router.route(head)
        switch decision {
        case .accept: return decision
        case .refuse(let problem) where problem.status == 405: return decision
        // Whether there is such a page or not: nobody learns it from a sealed vault, and no body is read.
        case .refuse: return .refuse(Self.vaultSealed)
        }
    }

    public func respond(to request: Request) async -> Response {
        var response: Response
        if let route = request.route, !own.contains(ObjectIdentifier(route)), route.method != .options {
            // Routed while the vault was still open.
            response = Problem.vaultSealed.response(in: request.language)
        } else {
            response = await router.respond(to: request)
        }
        headers.apply(to: &response, for: request.head)
        return response
    }

    public func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response {
        var response: Response
        if problem.code == Problem.vaultSealed.code {
            response = Problem.vaultSealed.response(
                in: Language(accepting: head?.headers.first("Accept-Language")))
        } else {
            response = router.render(problem, for: head)
        }
        headers.apply(to: &response, for: head)
        return response
    }

    private static let vaultSealed = HTTPProblem(
        status: Problem.vaultSealed.status, code: Problem.vaultSealed.code,
        message: Problem.vaultSealed.message.english)
}
