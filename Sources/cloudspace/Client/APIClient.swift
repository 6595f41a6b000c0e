import HTTP
import Outbound

/// Speaks to a running server as its other clients do.
struct APIClient: Sendable {
    let server: ServerURL
    /// A file of certificates to trust instead of the system's.
    var certificateAuthority: String?
    private let engine = TransferEngine(limits: TransferLimits(active: 16, waiting: 64, wait: .seconds(600)))

    init(_ server: ServerURL, certificateAuthority: String? = nil) {
        self.server = server
        self.certificateAuthority = certificateAuthority
    }

    /// What a request carries.
    enum Body: Sendable {
        case none
        case json(JSONValue)
        /// A file, read as it is sent.
        case file(any TransferSource)
    }

    /// Most bytes of an answer that are taken: a page of a thousand entries has half a megabyte.
    private static let answerLimit = 8 << 20

    /// Sends a request and demands success.
    ///
    /// - Parameters:
    ///   - path: below the server's own, such as `/api/me`, percent-encoded.
    ///   - query: names and values, not encoded.
    ///   - token: a session's; never shown.
    /// - Returns: the answer's JSON; `.null` for an empty answer.
    /// - Throws: `APIFailure`, `CancellationError`.
    func send(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: Body = .none, token: String? = nil
    ) async throws -> JSONValue {
        var request = TransferRequest(
            method: method, url: server.base + path + Self.text(query),
            headers: [("Host", server.host), ("Accept", "application/json")] + headers, body: nil,
            answerLimit: Self.answerLimit, patience: TransferPatience(connect: .seconds(10), stall: 60),
            certificateAuthority: certificateAuthority, isLocal: server.isLocal)
        if let token { request.headers.append(("Authorization", "Bearer \(token)")) }
        switch body {
        case .none: break
        case .json(let value):
            request.headers.append(("Content-Type", "application/json"))
            request.body = [value.serialized]
        case .file(let source):
            request.headers.append(("Content-Type", "application/octet-stream"))
            request.source = source
            request.patience = request.patience.covering(Int(clamping: source.byteCount))
        }
        let answer: TransferAnswer
        do {
            answer = try await engine.perform(request)
        } catch let failure as TransferFailure {
            throw APIFailure.noAnswer(failure)
        }
        let value = answer.body.isEmpty ? JSONValue.null : try? JSONValue(parsing: answer.body)
        guard (200..<300).contains(answer.status) else { throw APIFailure(answer, value) }
        guard let value else { throw APIFailure.notOurs(status: answer.status) }
        return value
    }

    private static func text(_ query: [(name: String, value: String)]) -> String {
        guard !query.isEmpty else { return "" }
        return "?"
            + query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
            .joined(separator: "&")
    }
}

/// Why a request to a server did not succeed.
enum APIFailure: Error, Equatable, Sendable {
    case noAnswer(TransferFailure)
    /// The server said no, in its own words, which may be shown.
    case refused(status: Int, code: String?, message: String, retryAfter: Int64?)
    /// What answers there is no CloudSpace server.
    case notOurs(status: Int)

    init(_ answer: TransferAnswer, _ value: JSONValue?) {
        guard let value, case .string(let message)? = value["error"] else {
            self = .notOurs(status: answer.status)
            return
        }
        var code: String?
        if case .string(let word)? = value["code"] { code = word.printable }
        self = .refused(
            status: answer.status, code: code, message: message.printable,
            retryAfter: answer.headers["retry-after"].flatMap { Int64($0) })
    }

    /// Whether the same request may succeed a moment later.
    var isTransient: Bool {
        switch self {
        case .noAnswer(let failure):
            switch failure {
            case .refused, .timedOut, .cutOff, .malformed, .hostUnknown, .other: true
            case .tls, .tooLarge, .overloaded, .stopped: false
            }
        case .refused(let status, _, _, _), .notOurs(let status): [408, 429, 502, 503, 504].contains(status)
        }
    }

    /// One sentence.
    var words: String {
        switch self {
        case .noAnswer(let failure): Self.words(failure)
        case .refused(let status, _, let message, _): "the server says: \(message) (\(status))"
        case .notOurs(let status): "what answers there is no CloudSpace server (status \(status))"
        }
    }

    private static func words(_ failure: TransferFailure) -> String {
        switch failure {
        case .hostUnknown: "the server's name has no address; check --server"
        case .refused: "nothing accepts connections there; is the server running?"
        case .timedOut(let connected): connected ? "the server stopped answering" : "the server cannot be reached"
        case .tls(let words): "no secure connection: \(words.printable); --ca-file names another authority"
        case .cutOff: "the connection broke"
        case .malformed: "what answers there does not speak HTTP"
        case .tooLarge: "the server's answer is too long, or the file could not be read on"
        case .overloaded, .stopped: "too much is under way"
        case .other(let code): "the transfer failed (libcurl \(code))"
        }
    }
}

// Answers that are bytes.
extension APIClient {
    /// Asks for a part of a content.
    /// - Parameter range: at most 8 MiB.
    /// - Throws: `APIFailure`, `CancellationError`.
    func bytes(
        _ path: String, query: [(name: String, value: String)], range: Range<Int64>, token: String
    ) async throws -> [UInt8] {
        let request = TransferRequest(
            method: "GET", url: server.base + path + Self.text(query),
            headers: [
                ("Host", server.host), ("Authorization", "Bearer \(token)"),
                ("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"),
            ], body: nil, answerLimit: Self.answerLimit, patience: TransferPatience(connect: .seconds(10), stall: 60),
            certificateAuthority: certificateAuthority, isLocal: server.isLocal)
        let answer: TransferAnswer
        do {
            answer = try await engine.perform(request)
        } catch let failure as TransferFailure {
            throw APIFailure.noAnswer(failure)
        }
        guard answer.status == 206 else { throw APIFailure(answer, try? JSONValue(parsing: answer.body)) }
        return answer.body
    }
}
