import Crypto
import HTTP
import Outbound

/// Speaks to a running server about its keys.
struct AdminClient: Sendable {
    let server: String
    private let authority: String?
    private let engine = TransferEngine()

    /// - Throws: `ProgramError.usage` unless the address is http or https and has no path.
    init(_ invocation: Invocation) throws(ProgramError) {
        var server = try invocation.required(.server)
        while server.hasSuffix("/") { server.removeLast() }
        let parts = server.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty, !parts[2].isEmpty,
            parts[2].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "@") })
        else {
            throw .usage(
                "--server is \"\(server.printable)\"; expected https://HOST or http://HOST:PORT",
                invocation.command.path)
        }
        guard parts[0] == "https:" || Self.isThisMachine(parts[2]) else {
            throw .usage(
                "--server is on another machine and not https: what unseals a vault must not cross a network in clear",
                invocation.command.path)
        }
        self.server = server
        authority = invocation.text(.serverAuthority)
    }

    private static func isThisMachine(_ authority: Substring) -> Bool {
        ["127.0.0.1", "localhost", "[::1]"].contains { authority == $0 || authority.hasPrefix($0 + ":") }
    }

    /// How a server stands with its key.
    struct Answer: Sendable {
        let isSealed: Bool
        let reason: String?
        let provider: String
        let threshold: Int?
        let provided: Int
    }

    func status() async throws -> Answer { try await ask("GET", "/api/admin/seal", nil, token: nil) }

    /// Offers a passphrase or a share; neither asks the key's custodian again.
    func unseal(_ field: String, _ secret: borrowing SecretBytes) async throws -> Answer {
        // The text goes into a request's buffer, which is not wiped: this program ends soon.
        let text = secret.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        var json = JSONWriter()
        json.object { $0.field(field, text) }
        return try await ask("POST", "/api/admin/unseal", json.bytes, token: nil)
    }

    func tryAgain() async throws -> Answer { try await ask("POST", "/api/admin/unseal", Array("{}".utf8), token: nil) }

    func seal(token: borrowing SecretBytes) async throws -> Answer {
        let text = token.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        return try await ask("POST", "/api/admin/seal", [], token: text)
    }

    private func ask(_ method: String, _ path: String, _ body: [UInt8]?, token: String?) async throws -> Answer {
        var headers = [("Content-Type", "application/json"), ("Accept-Language", "en")]
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        let answer: TransferAnswer
        do {
            answer = try await engine.perform(
                TransferRequest(
                    method: method, url: server + path, headers: headers, body: body.map { [$0] },
                    answerLimit: 64 << 10, patience: TransferPatience(stall: 60, total: .seconds(90)),
                    certificateAuthority: authority, isLocal: server.hasPrefix("http://")))
        } catch let failure as TransferFailure {
            throw ProgramError.failed("\(server) does not answer: \(failure.words)")
        }
        let json = try? JSONValue(parsing: answer.body)
        guard answer.status == 200, let json, case .boolean(let isSealed)? = json["sealed"],
            case .string(let provider)? = json["provider"]
        else {
            if case .string(let words)? = json?["error"] {
                throw ProgramError.refused(words.printable)
            }
            throw ProgramError.failed("\(server) answers with status \(answer.status) and not as this program does")
        }
        let threshold: Int? = if case .integer(let number)? = json["threshold"] { Int(clamping: number) } else { nil }
        let provided = if case .integer(let number)? = json["provided"] { Int(clamping: number) } else { 0 }
        let reason: String? = if case .string(let text)? = json["reason"] { text.printable } else { nil }
        return Answer(
            isSealed: isSealed, reason: reason, provider: provider.printable, threshold: threshold, provided: provided)
    }
}

extension TransferFailure {
    /// Why there was no answer, for an operator.
    var words: String {
        switch self {
        case .hostUnknown: "its name has no address"
        case .refused: "nothing accepts connections there"
        case .timedOut(connected: false): "no connection came about in time"
        case .timedOut(connected: true): "it did not answer in time"
        case .tls(let words): "no secure connection (\(words))"
        case .cutOff: "the connection broke"
        case .malformed: "what it says is not HTTP"
        case .tooLarge: "its answer is too long"
        case .overloaded, .stopped: "too much is under way"
        case .other(let code): "error \(code) of libcurl"
        }
    }
}
