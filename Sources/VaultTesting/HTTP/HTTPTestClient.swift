public import HTTP
import Synchronization

/// A small HTTP client over real sockets, with kept-alive connections: what test suites call a server with.
///
/// ```swift
/// let client = HTTPTestClient(port: port).signedIn(token)
/// let answer = try await client.post("/api/drive/folders", json: #"{"name": "Plans"}"#)
/// ```
public struct HTTPTestClient: Sendable {
    private final class Pool: Sendable {
        let idle = Mutex<[RawHTTPClient]>([])
    }

    /// The server's port.
    public let port: UInt16
    /// Fields sent with every request.
    public var headers: [(String, String)] = []
    private let pool = Pool()

    /// A client for a server on this machine.
    public init(port: UInt16) {
        self.port = port
    }

    /// The same client with a bearer token.
    public func signedIn(_ token: String) -> HTTPTestClient {
        with("Authorization", "Bearer \(token)")
    }

    /// The same client with one more field on every request.
    public func with(_ name: String, _ value: String) -> HTTPTestClient {
        var copy = self
        copy.headers.append((name, value))
        return copy
    }

    // MARK: Plain requests

    /// Sends a request with a body in memory.
    public func send(
        _ method: Method, _ target: String, headers extra: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPTestResponse {
        var fields = extra
        if let body { fields.append(("Content-Length", String(body.count))) }
        var message = head(method, target, fields)
        if let body { message += body }
        return try await exchange(message, toHead: method == .head)
    }

    /// GET.
    public func get(_ target: String, headers: [(String, String)] = []) async throws -> HTTPTestResponse {
        try await send(.get, target, headers: headers)
    }

    /// DELETE.
    public func delete(_ target: String, headers: [(String, String)] = []) async throws -> HTTPTestResponse {
        try await send(.delete, target, headers: headers)
    }

    /// POST with a JSON body.
    public func post(_ target: String, json: String = "{}", headers: [(String, String)] = []) async throws
        -> HTTPTestResponse
    {
        try await send(
            .post, target, headers: headers + [("Content-Type", "application/json")], body: Array(json.utf8))
    }

    /// PUT with a JSON body.
    public func put(_ target: String, json: String, headers: [(String, String)] = []) async throws -> HTTPTestResponse {
        try await send(
            .put, target, headers: headers + [("Content-Type", "application/json")], body: Array(json.utf8))
    }

    /// PATCH with a JSON body.
    public func patch(_ target: String, json: String, headers: [(String, String)] = []) async throws
        -> HTTPTestResponse
    {
        try await send(
            .patch, target, headers: headers + [("Content-Type", "application/json")], body: Array(json.utf8))
    }

    // MARK: Forms

    /// One part of a multipart form.
    public struct Part: Sendable {
        let name: String
        let fileName: String?
        let contentType: String?
        let bytes: [UInt8]

        /// A text field.
        public static func field(_ name: String, _ value: String) -> Part {
            Part(name: name, fileName: nil, contentType: nil, bytes: Array(value.utf8))
        }

        /// A file.
        public static func file(
            _ name: String, _ fileName: String, _ bytes: [UInt8], contentType: String = "application/octet-stream"
        ) -> Part {
            Part(name: name, fileName: fileName, contentType: contentType, bytes: bytes)
        }
    }

    /// Sends a multipart form, its parts in order.
    public func form(
        _ target: String, _ parts: [Part], method: Method = .post, headers: [(String, String)] = []
    ) async throws -> HTTPTestResponse {
        let boundary = "----test-\(UInt64.random(in: .min ... .max))"
        let type = ("Content-Type", "multipart/form-data; boundary=\(boundary)")
        return try await send(
            method, target, headers: headers + [type], body: Self.encode(parts, boundary: boundary))
    }

    /// The bytes of a multipart form.
    public static func encode(_ parts: [Part], boundary: String) -> [UInt8] {
        var body: [UInt8] = []
        for part in parts {
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\""
            if let fileName = part.fileName { head += "; filename=\"\(fileName)\"" }
            if let type = part.contentType { head += "\r\nContent-Type: \(type)" }
            body += Array((head + "\r\n\r\n").utf8) + part.bytes + [13, 10]
        }
        return body + Array("--\(boundary)--\r\n".utf8)
    }

    // MARK: Streams

    /// Sends a body of a length, made piece by piece from its position, without holding it. When the server answers
    /// early, sending stops and its answer is returned.
    public func upload(
        _ method: Method, _ target: String, headers extra: [(String, String)] = [], length: Int64,
        _ piece: @Sendable (_ position: Int64) -> [UInt8]
    ) async throws -> HTTPTestResponse {
        let connection = try await RawHTTPClient(port: port)
        defer { connection.close() }
        try await connection.send(head(method, target, extra + [("Content-Length", String(length))]))
        var position: Int64 = 0
        do {
            while position < length {
                let bytes = piece(position)
                try await connection.send(bytes)
                position += Int64(bytes.count)
            }
        } catch is RawHTTPClient.Failure {
            // Answered early: the answer is there to be read.
        }
        return try await connection.response()
    }

    /// Receives a body piece by piece; the returned answer has none.
    public func download(
        _ target: String, headers extra: [(String, String)] = [], _ take: ([UInt8]) async throws -> Void
    ) async throws -> HTTPTestResponse {
        let connection = try await RawHTTPClient(port: port)
        defer { connection.close() }
        try await connection.send(head(.get, target, extra))
        let response = try await connection.responseHead()
        var rest = response.headers.first("Content-Length").flatMap { Int64($0) } ?? .max
        while rest > 0, let piece = try await connection.bytes(atMost: Int(min(rest, 1 << 20))) {
            rest -= Int64(piece.count)
            try await take(piece)
        }
        guard rest == 0 || rest > .max / 2 else { throw RawHTTPClient.Failure.endOfStream }
        return response
    }

    // MARK: Connections

    private func head(_ method: Method, _ target: String, _ extra: [(String, String)]) -> [UInt8] {
        var text = "\(method.rawValue) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        for (name, value) in headers + extra { text += "\(name): \(value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private func exchange(_ message: [UInt8], toHead: Bool) async throws -> HTTPTestResponse {
        if let kept = pool.idle.withLock({ $0.popLast() }) {
            // A kept connection may have been closed meanwhile; nothing was answered, so once more is safe.
            do { return try await exchange(message, toHead: toHead, on: kept) } catch let failure
                as RawHTTPClient.Failure
                where failure == .endOfStream || failure == .brokenPipe || failure == .connectionReset
            {}
        }
        return try await exchange(message, toHead: toHead, on: RawHTTPClient(port: port))
    }

    private func exchange(
        _ message: [UInt8], toHead: Bool, on connection: RawHTTPClient
    ) async throws -> HTTPTestResponse {
        var sendFailure: RawHTTPClient.Failure?
        do { try await connection.send(message) } catch let failure as RawHTTPClient.Failure { sendFailure = failure }
        let response: HTTPTestResponse
        do { response = try await connection.response(toHead: toHead) } catch { throw sendFailure ?? error }
        if response.headers.value(of: "Connection", is: "close") || sendFailure != nil {
            connection.close()
        } else {
            pool.idle.withLock { $0.append(connection) }
        }
        return response
    }
}
