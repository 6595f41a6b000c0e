/// What a request says before its body: checked, split and decoded once. Shared by reference, never changed.
public final class RequestHead: Sendable {
    /// The method.
    public let method: Method
    /// The target exactly as it came, for logs and signatures.
    public let target: String
    /// The decoded path segments (see `Target`).
    public let path: [String]
    /// The decoded query.
    public let query: Query
    /// The header fields.
    public let headers: Headers
    /// The client's address as text, without port; of the nearest untrusted hop when a trusted proxy says so.
    public let remoteAddress: String
    /// The request's id: the client's `X-Request-ID` when well formed, else made here. On every answer.
    public let id: String
    /// True when the request came through TLS.
    public let isTLS: Bool
    /// The length the body will have, when the client said it; nil for none or chunked.
    public let contentLength: Int64?
    /// True when a body follows (`Content-Length` above 0, or chunked).
    public let hasBody: Bool

    /// A head from its parts; what is not given is what a plain request without body has.
    public init(
        method: Method, target: String, path: [String], query: Query = Query(), headers: Headers = Headers(),
        remoteAddress: String = "127.0.0.1", id: String = "", isTLS: Bool = false, contentLength: Int64? = nil,
        hasBody: Bool = false
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.remoteAddress = remoteAddress
        self.id = id
        self.isTLS = isTLS
        self.contentLength = contentLength
        self.hasBody = hasBody
    }

    /// True when the client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1).
    public var expectsContinue: Bool { headers.value(of: "Expect", is: "100-continue") }
}
