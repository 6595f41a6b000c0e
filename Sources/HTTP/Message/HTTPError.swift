/// What can go wrong with a request on its way in; never a fault of the handler.
public enum HTTPError: Error, Equatable, Sendable {
    /// The connection ended before the body did, or a multipart body before its last boundary.
    case bodyCutOff
    /// The body is longer than the route takes.
    case tooLarge
    /// The client sent nothing for too long.
    case timeout
    /// The body breaks the grammar of its media type; what is wrong, in plain words.
    case malformed(String)
    /// The media type or content coding is not one the route reads.
    case unsupportedMediaType(String)
    /// The server stops and gave up on this request.
    case stopping
}

/// A refusal before any API family has spoken: status, stable code, words for people.
///
/// The application's `RequestHandler.render` spells it in the dialect of the family the path belongs to.
public struct HTTPProblem: Error, Equatable, Sendable {
    /// The status code, 400 to 599.
    public let status: Int
    /// A stable, machine-readable code in snake case.
    public let code: String
    /// One sentence for people; safe to show to anyone.
    public let message: String
    /// For 405, the methods the path has.
    public let allowed: [Method]

    /// A refusal from its parts.
    public init(status: Int, code: String, message: String, allowed: [Method] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.allowed = allowed
    }

    /// The value of the `Allow` field, nil when `allowed` is empty.
    public var allow: String? {
        allowed.isEmpty ? nil : allowed.map(\.rawValue).joined(separator: ", ")
    }

    /// No route has that path.
    public static let notFound = HTTPProblem(status: 404, code: "not_found", message: "Not found")

    /// The path has routes, none for that method.
    public static func methodNotAllowed(_ allowed: [Method]) -> HTTPProblem {
        HTTPProblem(status: 405, code: "method_not_allowed", message: "Method not allowed", allowed: allowed)
    }

    /// The request is not well formed.
    public static func badRequest(_ message: String, code: String = "bad_request") -> HTTPProblem {
        HTTPProblem(status: 400, code: code, message: message)
    }

    /// The body is longer than the route takes.
    public static let tooLarge = HTTPProblem(
        status: 413, code: "content_too_large", message: "The request body is too large")

    /// Something broke here; the cause is in the operator's log only.
    public static let `internal` = HTTPProblem(
        status: 500, code: "internal_error", message: "Internal server error")
}

extension HTTPError {
    /// The refusal that belongs to the error.
    public var problem: HTTPProblem {
        switch self {
        case .bodyCutOff:
            .badRequest("The request body ended too early", code: "body_cut_off")
        case .tooLarge: .tooLarge
        case .timeout:
            HTTPProblem(status: 408, code: "request_timeout", message: "The request took too long to arrive")
        case .malformed(let what): .badRequest(what, code: "malformed_body")
        case .unsupportedMediaType(let what):
            HTTPProblem(status: 415, code: "unsupported_media_type", message: what)
        case .stopping:
            HTTPProblem(status: 503, code: "stopping", message: "The server is stopping")
        }
    }
}

extension HTTPProblem {
    /// The refusal for an error of this module (`HTTPError`, `HTTPProblem`, `JSONError`, `BadField`,
    /// `TargetError`), nil for errors of other modules.
    public init?(_ error: any Error) {
        switch error {
        case let error as HTTPProblem: self = error
        case let error as HTTPError: self = error.problem
        case let error as JSONError: self = .badRequest(error.message, code: "invalid_json")
        case let error as BadField: self = .badRequest(error.message, code: "invalid_field")
        case is TargetError: self = .badRequest("Malformed request target", code: "malformed_target")
        default: return nil
        }
    }
}
