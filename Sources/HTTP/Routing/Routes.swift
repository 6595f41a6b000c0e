/// One line of the route table.
public final class Route: Sendable {
    /// What a route does with a request. Errors it throws are rendered by the application.
    public typealias Handler = @Sendable (Request) async throws -> Response

    /// The method.
    public let method: Method
    /// The pattern: `/api/files/{id}`; a last `{name*}` takes all remaining segments, joined by `/`.
    public let pattern: String
    /// What is known of it.
    public let info: RouteInfo
    /// Its code.
    public let handler: Handler
    let segments: [PatternSegment]

    init(_ method: Method, _ pattern: String, _ info: RouteInfo, handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.info = info
        self.handler = handler
        segments = PatternSegment.parse(pattern)
    }

    /// The names in the pattern's braces, in order.
    public var parameterNames: [String] {
        segments.compactMap { segment in
            switch segment {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }
}

/// One segment of a pattern.
enum PatternSegment: Sendable, Equatable {
    case literal(String)
    case parameter(String)
    case rest(String)

    static func parse(_ pattern: String) -> [PatternSegment] {
        pattern.split(separator: "/").map { piece in
            if piece.hasPrefix("{"), piece.hasSuffix("*}") { return .rest(String(piece.dropFirst().dropLast(2))) }
            if piece.hasPrefix("{"), piece.hasSuffix("}") { return .parameter(String(piece.dropFirst().dropLast())) }
            return .literal(String(piece))
        }
    }
}

/// The route table: what serves, what is documented, and what the event check walks through.
public struct Routes: Sendable {
    /// All routes in the order they were added.
    public private(set) var all: [Route] = []

    /// An empty table.
    public init() {}

    /// Adds a route. Of two routes for one method and path the more literal one wins; of two equal ones the first.
    public mutating func add(
        _ method: Method, _ pattern: String, _ info: RouteInfo,
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        all.append(Route(method, pattern, info, handler: handler))
    }

    /// Adds all routes of another table.
    public mutating func add(_ other: Routes) {
        all += other.all
    }
}
