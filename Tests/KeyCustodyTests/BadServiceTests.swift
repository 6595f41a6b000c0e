import Crypto
import HTTP
import Outbound
import Testing
import VaultTesting

@testable import KeyCustody

/// Services that are down, cut off, or answer what they cannot answer.
@Suite struct BadServiceTests {
    private let vault = [UInt8](repeating: 7, count: 16)

    private func transit(_ port: UInt16) throws -> TransitWrapper {
        TransitWrapper(
            address: try #require(KeyServiceAddress("http://127.0.0.1:\(port)")), mount: "transit", key: "k",
            namespace: nil, credentials: .token(KeyServices.secret("hvs.secret")), certificateAuthority: nil)
    }

    private func kms(_ port: UInt16) throws -> KMSWrapper {
        let credentials = try AWSCredentials(accessKeyID: "id", secretAccessKey: KeyServices.secret("hvs.secret"))
        let wrapper = KMSWrapper(
            key: "k", region: "eu-1", endpoint: KeyServiceAddress("http://127.0.0.1:\(port)"), credentials: credentials,
            certificateAuthority: nil)
        return try #require(wrapper)
    }

    private func words(of wrapper: any KeyWrapper) -> String {
        let words = custodyWords { _ = try wrapper.wrap(SecretBytes(count: 32), for: vault) }
        #expect(!words.contains("hvs.secret"))
        return words
    }

    private func both(_ answer: RawHTTPServer.Answer, say expected: String) throws {
        let server = try RawHTTPServer { _ in answer }
        for wrapper in [try transit(server.port), try kms(server.port)] as [any KeyWrapper] {
            #expect(words(of: wrapper).hasPrefix(expected), "\(wrapper.custodian)")
        }
    }

    private static func json(_ status: Int, _ text: String) -> RawHTTPServer.Answer {
        .response(status, [("Content-Type", "application/json")], Array(text.utf8))
    }

    @Test func nobodyListening() throws {
        let server = try RawHTTPServer { _ in .close(after: []) }
        server.stop()
        for wrapper in [try transit(server.port), try kms(server.port)] as [any KeyWrapper] {
            #expect(words(of: wrapper).hasPrefix("away:"))
        }
    }

    @Test func answersThatAreCutOff() throws {
        try both(.close(after: []), say: "away:")
        try both(.close(after: Array("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"da".utf8)), say: "away:")
    }

    @Test func answersThatAreNone() throws {
        try both(.close(after: Array("220 mail.example.com ESMTP\r\n".utf8)), say: "away:")
        try both(.response(200, [], Array("<html>hello</html>".utf8)), say: "nonsense:")
        for text in ["{}", "[]", "null", "{\"data\": {}}", "{\"CiphertextBlob\": 7, \"KeyId\": \"k\"}"] {
            try both(Self.json(200, text), say: "nonsense:")
        }
    }

    @Test func answersWithoutEnd() throws {
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        try both(.endless(head, again: [UInt8](repeating: 0x20, count: 65_536)), say: "away:")
    }

    @Test func aServiceThatCannotNowIsAskedAgain() throws {
        let server = try RawHTTPServer { _ in Self.json(503, "{\"errors\": [\"Vault is sealed\"]}") }
        #expect(words(of: try transit(server.port)).hasPrefix("away:"))
        #expect(server.requests.count == 3)
        #expect(server.requests.allSatisfy { $0.headers["x-vault-token"] == "hvs.secret" })
    }

    @Test(arguments: [
        ("NotFoundException", "has no key k"), ("DisabledException", "is disabled"),
        ("KMSInvalidStateException", "cannot be used as it is"), ("AccessDeniedException", "denies kms:Encrypt"),
        ("com.amazon.coral.service#UnrecognizedClientException", "does not accept the access key"),
        ("InvalidSignatureException", "does not accept the access key"), ("ExpiredTokenException", "is over"),
    ])
    func refusalsOfTheKMSAreToldApart(_ type: String, _ expected: String) throws {
        let server = try RawHTTPServer { _ in Self.json(400, "{\"__type\": \"\(type)\", \"message\": \"no\"}") }
        let words = words(of: try kms(server.port))
        #expect(words.hasPrefix("refused:") && words.contains(expected), "\(words)")
        #expect(server.requests.count == 1, "a refusal is not asked for again")
    }

    @Test func aClockThatIsWrongIsNamed() throws {
        let server = try RawHTTPServer { _ in
            .response(
                400, [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("Content-Type", "application/x-amz-json-1.1")],
                Array("{\"__type\": \"InvalidSignatureException\"}".utf8))
        }
        #expect(words(of: try kms(server.port)).contains("set the clock"))
    }

    @Test func theKMSIsAskedWithASignatureAndAContext() throws {
        let server = try RawHTTPServer { _ in Self.json(400, "{\"__type\": \"NotFoundException\"}") }
        _ = words(of: try kms(server.port))
        let request = try #require(server.requests.first)
        #expect(request.headers["x-amz-target"] == "TrentService.Encrypt")
        let authorization = request.headers["authorization"] ?? ""
        #expect(
            authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=id/")
                && authorization.contains("/eu-1/kms/aws4_request"))
        let body = try JSONValue(parsing: request.body)
        #expect(body["EncryptionContext"]?["cloudspace-vault"] == .string("07070707070707070707070707070707"))
    }

    /// A service that keeps to the protocol and betrays its purpose.
    private func betrayer(_ answer: @escaping @Sendable (JSONValue, _ isEncrypting: Bool) -> String) throws
        -> RawHTTPServer
    {
        try RawHTTPServer { request in
            let body = (try? JSONValue(parsing: request.body)) ?? .null
            return Self.json(200, "{\"data\": \(answer(body, request.path.contains("encrypt")))}")
        }
    }

    private func selfTest(_ server: RawHTTPServer) throws -> String {
        let provider = CustodyKeyProvider(
            directory: try TemporaryDirectory().path + "/keys", wrapper: try transit(server.port))
        return custodyWords { try provider.selfTest() }
    }

    @Test func aServiceThatForgetsWhomTheKeyBelongsToFailsTheSelfTest() throws {
        let server = try betrayer { body, isEncrypting in
            guard case .string(let text)? = body[isEncrypting ? "plaintext" : "ciphertext"] else { return "{}" }
            return isEncrypting
                ? "{\"ciphertext\": \"vault:v1:\(text)\"}" : "{\"plaintext\": \"\(text.dropFirst(9))\"}"
        }
        let words = try selfTest(server)
        #expect(words.hasPrefix("nonsense:") && words.contains("opens the key of one vault for another"), "\(words)")
    }

    @Test func aServiceThatGivesAnotherKeyFailsTheSelfTest() throws {
        let other = Base64.encode([UInt8](repeating: 1, count: 32))
        let server = try betrayer { _, isEncrypting in
            isEncrypting ? "{\"ciphertext\": \"vault:v1:AAAAAAAAAAAAAAAAAAAA\"}" : "{\"plaintext\": \"\(other)\"}"
        }
        #expect(try selfTest(server).contains("gives back another key"))
    }

    @Test func aServiceThatGivesLessThanAKeyFailsTheSelfTest() throws {
        let server = try betrayer { _, isEncrypting in
            isEncrypting ? "{\"ciphertext\": \"vault:v1:AAAAAAAAAAAAAAAAAAAA\"}" : "{\"plaintext\": \"AAAA\"}"
        }
        #expect(try selfTest(server).contains("3 bytes instead of 32"))
    }
}
