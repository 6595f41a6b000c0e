/// What the server does with requests: the application, as the transport sees it.
public protocol RequestHandler: Sendable {
    /// Decides, from the head alone, how the body is to arrive, or refuses before any of it is read.
    /// Called on the transport's thread: must not block.
    func route(_ head: RequestHead) -> RouteDecision
    /// Answers a request. Runs in its own task, cancelled when the client goes away or the server gives up on it.
    func respond(to request: Request) async -> Response
    /// Spells a refusal of the transport (`head` is nil when not even the request line was readable).
    /// Must not block.
    func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response
    /// A request is over; for logs. Called on the transport's thread: must not block. By default nothing.
    func ended(_ outcome: RequestOutcome)
    /// The server stops: no connection is accepted any more, and answers without an end should come to theirs.
    /// Called once, on the transport's thread: must not block. By default nothing.
    func serverStops()
}

/// How a request ended.
public struct RequestOutcome: Sendable {
    /// Its head.
    public let head: RequestHead
    /// The status of its answer; nil when the client did not get all of one.
    public let status: Int?
    /// How long it took from the head's arrival to the answer's end, in microseconds.
    public let microseconds: Int64
}

/// What a handler makes of a head.
public enum RouteDecision: Sendable {
    /// Go on: the body arrives after `policy`; `route` and `parameters` come back in the `Request`.
    case accept(BodyPolicy, route: Route?, parameters: [String: String])
    /// Answer with this refusal, without reading the body.
    case refuse(HTTPProblem)
}

extension RequestHandler {
    public func ended(_ outcome: RequestOutcome) {}
    public func serverStops() {}

    /// `{"error": "message", "code": "code"}`: the spelling where no family has its own.
    public func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response {
        .problem(problem)
    }
}

extension Response {
    /// A refusal spelled `{"error": "message", "code": "code"}`, with `Allow` where it belongs.
    public static func problem(_ problem: HTTPProblem) -> Response {
        var response = Response.json(problem.status) { json in
            json.object { json in
                json.field("error", problem.message)
                json.field("code", problem.code)
            }
        }
        if let allow = problem.allow { response.headers.append("Allow", allow) }
        return response
    }
}
