/// An answer. The transport adds `Date`, `Content-Length`, `Connection` and `X-Request-ID`.
public struct Response: Sendable {
    /// The status code, 200 to 599.
    public var status: Int
    /// The header fields.
    public var headers: Headers
    /// The body; not sent for HEAD, 204 and 304.
    public var body: ResponseBody

    /// An answer from its parts.
    public init(status: Int = 200, headers: Headers = Headers(), body: ResponseBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer without body.
    public static func empty(_ status: Int = 204) -> Response {
        Response(status: status)
    }

    /// An answer holding JSON.
    public static func json(_ status: Int = 200, _ writer: JSONWriter) -> Response {
        Response(status: status, headers: jsonHeaders, body: .bytes(writer.bytes))
    }

    /// An answer holding the JSON that `build` writes.
    public static func json<Failure: Error>(
        _ status: Int = 200, _ build: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) -> Response {
        var writer = JSONWriter()
        try build(&writer)
        return .json(status, writer)
    }

    /// An answer holding bytes of a media type.
    public static func bytes(_ status: Int = 200, _ bytes: [UInt8], contentType: String) -> Response {
        Response(status: status, headers: ["Content-Type": contentType], body: .bytes(bytes))
    }

    /// An answer holding plain text.
    public static func text(_ status: Int = 200, _ text: String) -> Response {
        bytes(status, Array(text.utf8), contentType: "text/plain; charset=utf-8")
    }

    /// The answer with one more header field.
    public func with(_ name: String, _ value: String) -> Response {
        var copy = self
        copy.headers.set(name, value)
        return copy
    }

    private static let jsonHeaders: Headers = ["Content-Type": "application/json"]
}

/// The body of an answer.
public enum ResponseBody: Sendable {
    /// Nothing.
    case empty
    /// All of it, in memory.
    case bytes([UInt8])
    /// Read while it is sent; chunked when `length` is nil.
    case stream(length: Int64?, any BodySource)
}
