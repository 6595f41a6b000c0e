/// A request as handlers see it: the head, the body, and what the route made of the path.
public struct Request: Sendable {
    /// Everything before the body.
    public let head: RequestHead
    /// The body, buffered or as a stream, as the route asked for it.
    public var body: RequestBody
    /// The route that matched, nil when the handler does its own routing.
    public var route: Route?
    /// The values of the pattern's `{name}` parts.
    public var parameters: [String: String]

    /// A request from its parts.
    public init(
        head: RequestHead, body: RequestBody = .empty, route: Route? = nil, parameters: [String: String] = [:]
    ) {
        self.head = head
        self.body = body
        self.route = route
        self.parameters = parameters
    }

    /// A request from a method and a raw target: what in-process tests start from.
    /// - Throws: `TargetError` when the target is malformed.
    public init(
        _ method: Method, _ target: String, headers: Headers = Headers(), body: RequestBody = .empty,
        parameters: [String: String] = [:]
    ) throws(TargetError) {
        let parsed = try Target(parsing: target)
        head = RequestHead(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: headers, id: "test")
        self.body = body
        route = nil
        self.parameters = parameters
    }

    /// The method.
    public var method: Method { head.method }
    /// The raw target.
    public var target: String { head.target }
    /// The decoded path segments.
    public var path: [String] { head.path }
    /// The decoded query.
    public var query: Query { head.query }
    /// The header fields.
    public var headers: Headers { head.headers }
    /// The client's address.
    public var remoteAddress: String { head.remoteAddress }
    /// The request's id.
    public var id: String { head.id }
    /// True when the request came through TLS.
    public var isTLS: Bool { head.isTLS }

    /// The value of a `{name}` of the pattern.
    /// - Throws: `BadField` when the pattern has no such name: a mistake of the route, not of the client.
    public func parameter(_ name: String) throws(BadField) -> String {
        guard let value = parameters[name] else { throw BadField(name, "present in the path") }
        return value
    }

    /// The body as one JSON value; an empty body is an empty object.
    /// - Throws: `HTTPError` when the body does not arrive whole or exceeds `limit`, `JSONError` when it is no JSON.
    public func json(limit: Int = 1 << 20) async throws -> JSONValue {
        let bytes = try await body.collect(limit: limit)
        return bytes.isEmpty ? .object([:]) : try JSONValue(parsing: bytes)
    }

    /// The value of one cookie (RFC 6265, section 4.2.1), nil when it was not sent.
    public func cookie(_ name: String) -> String? {
        for line in headers.all("Cookie") {
            for item in line.split(separator: ";") {
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if pair.count == 2, pair[0].trimmedBlanks == name { return pair[1].trimmedBlanks }
            }
        }
        return nil
    }

    /// The media type of the body, small letters, without parameters; nil when not said.
    public var contentType: String? {
        guard let field = headers.first("Content-Type") else { return nil }
        return field.prefix { $0 != ";" }.trimmedBlanks.lowercasedASCIIText
    }
}
