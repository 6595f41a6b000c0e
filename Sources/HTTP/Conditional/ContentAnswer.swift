/// Answers reads of a content: conditions, ranges, HEAD, validators, in one place for every download route.
public struct ContentAnswer: Sendable {
    /// The content's size in bytes.
    public let size: Int64
    /// Its media type.
    public let contentType: String
    /// Its state.
    public let validators: Validators
    /// More fields for 200, 206 and 304: `Content-Disposition`, `Cache-Control`.
    public var headers: Headers

    /// A content by its properties.
    public init(size: Int64, contentType: String, validators: Validators, headers: Headers = Headers()) {
        self.size = size
        self.contentType = contentType
        self.validators = validators
        self.headers = headers
    }

    /// The answer to a GET or HEAD request.
    /// - Parameter open: makes the source of the bytes `first..<first + length`; its positions count from `first`.
    ///   Called only when bytes will be sent: not for HEAD, 304, 412, 416 or an empty content.
    /// - Throws: what `open` throws.
    public func response(
        to request: Request, open: (_ first: Int64, _ length: Int64) async throws -> any BodySource
    ) async throws -> Response {
        var fields = headers
        if let tag = validators.tag { fields.set("ETag", tag.field) }
        if let changed = validators.lastModified { fields.set("Last-Modified", HTTPDate.string(seconds: changed)) }
        switch validators.outcome(of: request.headers, method: request.method) {
        case .notModified: return Response(status: 304, headers: fields)
        case .preconditionFailed:
            throw HTTPProblem(status: 412, code: "precondition_failed", message: "The content has changed")
        case .proceed: break
        }
        fields.set("Accept-Ranges", "bytes")
        fields.set("Content-Type", contentType)
        // Range is defined for GET only.
        let asked =
            request.method == .get && validators.allowsRange(request.headers)
            ? RangeHeader.resolve(request.headers.first("Range"), size: size) : .whole
        switch asked {
        case .unsatisfiable:
            return Response.problem(
                HTTPProblem(status: 416, code: "range_not_satisfiable", message: "The range is outside the content")
            ).with("Content-Range", RangeHeader.unsatisfied(size: size))
        case .whole:
            let body = try await body(request, 0, size, open)
            return Response(status: 200, headers: fields, body: body)
        case .part(let first, let length):
            fields.set("Content-Range", RangeHeader.contentRange(first: first, length: length, size: size))
            return Response(status: 206, headers: fields, body: try await body(request, first, length, open))
        }
    }

    private func body(
        _ request: Request, _ first: Int64, _ length: Int64,
        _ open: (_ first: Int64, _ length: Int64) async throws -> any BodySource
    ) async throws -> ResponseBody {
        if length == 0 { return .empty }
        if request.method == .head { return .stream(length: length, NoBytes()) }
        return .stream(length: length, try await open(first, length))
    }

    /// Stands for the body of a HEAD answer, of which only the length is sent.
    private final class NoBytes: BodySource {
        func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead { .end }
        func prepare(at position: Int64) async throws {}
        func finished(completed: Bool) {}
    }
}
