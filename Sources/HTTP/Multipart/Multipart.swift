/// Reads a `multipart/form-data` body (RFC 7578) part by part while it arrives, in constant memory.
///
/// ```swift
/// let form = try Multipart(request)
/// while let part = try await form.next() {
///     if part.name == "file" { try await store(part) } else { fields[part.name] = try await part.text() }
/// }
/// ```
/// A part is read before the next one is asked for; what was not read of it is skipped. Used by one task.
public final class Multipart: Sendable {
    private let reader: MultipartReader

    /// A form over a request's body.
    /// - Throws: `HTTPError.unsupportedMediaType` when the body is no multipart form, `.malformed` without a boundary.
    public convenience init(_ request: Request, limits: MultipartLimits = MultipartLimits()) throws(HTTPError) {
        guard request.contentType == "multipart/form-data" else {
            throw .unsupportedMediaType("The body must be multipart/form-data")
        }
        let parameters = HeaderParameters(request.headers.first("Content-Type") ?? "")
        guard let boundary = parameters["boundary"] else { throw .malformed("The multipart boundary is missing") }
        try self.init(request.body.stream, boundary: boundary, limits: limits)
    }

    /// A form over any body.
    /// - Throws: `HTTPError.malformed` when the boundary is not 1 to 70 printable characters (RFC 2046, section 5.1.1).
    public init(
        _ body: any BodyStream, boundary: String, limits: MultipartLimits = MultipartLimits()
    ) throws(HTTPError) {
        guard (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F || $0 == 0x20 }),
            boundary.utf8.last != 0x20
        else { throw .malformed("The multipart boundary is malformed") }
        reader = MultipartReader(body, boundary: boundary, limits: limits)
    }

    /// The next part, in the order of the body; nil after the last boundary.
    /// - Throws: `HTTPError.bodyCutOff` when the body ends before its last boundary, `.malformed` for broken grammar
    ///   or passed limits, and what the body throws.
    public func next() async throws -> MultipartPart? {
        try await reader.nextPart()
    }
}

/// One part of a form: a field, or a file as a stream.
public final class MultipartPart: BodyStream {
    /// The field's name.
    public let name: String
    /// The file's name as the client gave it, directories removed; nil for fields. Not yet a safe name: validate it.
    public let fileName: String?
    /// The part's media type as the client gave it; nil when it gave none.
    public let contentType: String?
    private let reader: MultipartReader
    private let number: Int
    private let counter = Counter()

    init(name: String, fileName: String?, contentType: String?, reader: MultipartReader, number: Int) {
        self.name = name
        self.fileName = fileName
        self.contentType = contentType
        self.reader = reader
        self.number = number
    }

    /// Never known before the part's end.
    public var contentLength: Int64? { nil }

    /// Bytes handed out so far.
    public var received: Int64 { counter.value }

    /// The next piece of the part's content; nil at its end, or once a later part was asked for.
    public func next() async throws -> [UInt8]? {
        guard let piece = try await reader.nextPiece(ofPart: number) else { return nil }
        counter.add(Int64(piece.count))
        return piece
    }

    /// The part's whole content.
    /// - Throws: `HTTPError.malformed` when it is longer than `limit` (by default the limit for fields).
    public func bytes(limit: Int? = nil) async throws -> [UInt8] {
        let limit = limit ?? reader.limits.field
        var whole: [UInt8] = []
        while let piece = try await next() {
            guard piece.count <= limit - whole.count else { throw HTTPError.malformed("\(name) is too long") }
            whole += piece
        }
        return whole
    }

    /// The part's whole content as text.
    /// - Throws: as `bytes`, and `HTTPError.malformed` when it is not UTF-8.
    public func text(limit: Int? = nil) async throws -> String {
        guard let text = String(validating: try await bytes(limit: limit), as: UTF8.self) else {
            throw HTTPError.malformed("\(name) is not UTF-8")
        }
        return text
    }
}
