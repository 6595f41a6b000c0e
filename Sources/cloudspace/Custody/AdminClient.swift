import Crypto
import HTTP

/// Speaks to a running server about its keys.
struct AdminClient: Sendable {
    private let client: APIClient

    /// - Throws: `ProgramError.usage` unless the address is https, or http on this machine.
    init(_ invocation: Invocation) throws(ProgramError) {
        let text = try invocation.required(.server)
        let server: ServerURL
        do { server = try ServerURL(parsing: text) } catch {
            throw .usage(
                "--server is \"\(text.printable)\"; expected https://HOST or http://HOST:PORT", invocation.command.path)
        }
        guard server.isSecure || server.isLocal else {
            throw .usage(
                "--server is on another machine and not https: what unseals a vault must not cross a network in clear",
                invocation.command.path)
        }
        client = APIClient(server, certificateAuthority: invocation.text(.serverAuthority))
    }

    /// How a server stands with its key.
    struct Answer: Sendable {
        let isSealed: Bool
        let reason: String?
        let provider: String
        let threshold: Int?
        let provided: Int
    }

    func status() async throws -> Answer { try await ask("GET", "/api/admin/seal") }

    /// Offers a passphrase or a share; neither asks the key's custodian again.
    func unseal(_ field: String, _ secret: borrowing SecretBytes) async throws -> Answer {
        // The text goes into a request's buffer, which is not wiped: this program ends soon.
        let text = secret.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        return try await ask("POST", "/api/admin/unseal", .json(.object([field: .string(text)])))
    }

    func tryAgain() async throws -> Answer { try await ask("POST", "/api/admin/unseal", .json(.object([:]))) }

    func seal(token: borrowing SecretBytes) async throws -> Answer {
        let text = token.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        return try await ask("POST", "/api/admin/seal", token: text)
    }

    private func ask(
        _ method: String, _ path: String, _ body: APIClient.Body = .none, token: String? = nil
    ) async throws -> Answer {
        let json: JSONValue
        do {
            json = try await client.send(method, path, headers: [("Accept-Language", "en")], body: body, token: token)
        } catch APIFailure.refused(_, _, let message, _) {
            throw ProgramError.refused(message)
        } catch let failure as APIFailure {
            throw ProgramError.failed("\(client.server): \(failure.words)")
        }
        guard case .boolean(let isSealed)? = json["sealed"], case .string(let provider)? = json["provider"] else {
            throw ProgramError.failed("\(client.server) answers, and not as this program does")
        }
        let threshold: Int? = if case .integer(let number)? = json["threshold"] { Int(clamping: number) } else { nil }
        let provided = if case .integer(let number)? = json["provided"] { Int(clamping: number) } else { 0 }
        let reason: String? = if case .string(let text)? = json["reason"] { text.printable } else { nil }
        return Answer(
            isSealed: isSealed, reason: reason, provider: provider.printable, threshold: threshold, provided: provided)
    }
}
