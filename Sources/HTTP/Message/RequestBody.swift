/// The body of a request.
public enum RequestBody: Sendable {
    /// No body.
    case empty
    /// The whole body: routes with a buffered body, and small bodies of streaming routes.
    case buffered([UInt8])
    /// A body still on its way.
    case stream(any BodyStream)

    /// The whole body.
    /// - Throws: `HTTPError.tooLarge` when it has more than `limit` bytes, and what `BodyStream.next()` throws.
    public func collect(limit: Int) async throws -> [UInt8] {
        switch self {
        case .empty: return []
        case .buffered(let bytes):
            guard bytes.count <= limit else { throw HTTPError.tooLarge }
            return bytes
        case .stream(let stream):
            if let length = stream.contentLength, length > Int64(limit) { throw HTTPError.tooLarge }
            var whole: [UInt8] = []
            while let slab = try await stream.next() {
                guard slab.count <= limit - whole.count else { throw HTTPError.tooLarge }
                if whole.isEmpty { whole = slab } else { whole += slab }
            }
            return whole
        }
    }

    /// The body as a stream, whatever it is: what consumers of large bodies are written for.
    public var stream: any BodyStream {
        switch self {
        case .empty: BufferedBodyStream([])
        case .buffered(let bytes): BufferedBodyStream(bytes)
        case .stream(let stream): stream
        }
    }
}

/// A body that arrives piece by piece, through a bounded pipeline: while nobody takes, the client waits.
///
/// Taken by one task, in order, once.
public protocol BodyStream: AnyObject, Sendable {
    /// The length the client promised; nil when chunked.
    var contentLength: Int64? { get }
    /// Bytes handed out by `next()` so far.
    var received: Int64 { get }
    /// The next piece, never empty, at most 1 MiB; nil at the end of the body. Asking for the first piece sends
    /// `100 Continue` when the client waits for it.
    /// - Throws: `HTTPError.bodyCutOff` when the connection broke, `.timeout` when the client stalled, `.tooLarge`
    ///   when the route's limit is passed; every later call throws the same. `CancellationError` never.
    func next() async throws -> [UInt8]?
}

/// A stream over bytes already here, handed out in pieces of a given size.
public final class BufferedBodyStream: BodyStream {
    private let bytes: [UInt8]
    private let pieceSize: Int
    private let position = Counter()

    /// A stream over `bytes` in pieces of at most `pieceSize` bytes (at least 1).
    public init(_ bytes: [UInt8], pieceSize: Int = 1 << 18) {
        self.bytes = bytes
        self.pieceSize = max(1, pieceSize)
    }

    public var contentLength: Int64? { Int64(bytes.count) }
    public var received: Int64 { position.value }

    public func next() async throws -> [UInt8]? {
        let start = Int(position.value)
        guard start < bytes.count else { return nil }
        let end = min(bytes.count, start + pieceSize)
        position.add(Int64(end - start))
        return start == 0 && end == bytes.count ? bytes : Array(bytes[start..<end])
    }
}
