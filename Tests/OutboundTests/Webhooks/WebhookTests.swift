import Crypto
import Testing
import VaultTesting

@testable import Outbound

@Suite struct WebhookTests {
    private static let secret = WebhookSecret(parsing: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    /// The vector of the Standard Webhooks libraries.
    @Test func theSignatureIsThatOfStandardWebhooks() throws {
        let secret = try #require(Self.secret)
        let body = Array(#"{"test": 2432232314}"#.utf8)
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: [body])
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        let pieces = [Array(body[..<7]), [], Array(body[7...])]
        #expect(
            secret.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: pieces) == signature)
    }

    @Test(arguments: [
        "", "whsec_", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=",
        "whsec_" + String(repeating: "AAAA", count: 22), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
    ])
    func aSecretTooShortTooLongOrMisspelledIsRefused(_ text: String) {
        #expect(WebhookSecret(parsing: text) == nil)
    }

    @Test(arguments: [
        "http://hooks.example.com/", "ftp://127.0.0.1/", "https://user@hooks.example.com/", "hooks.example.com",
        "file:///etc/passwd", "http://127.0.0.1.example.com/",
    ])
    func whatIsNotSecureIsNoTarget(_ text: String) throws {
        let secret = try #require(Self.secret)
        #expect(throws: ServiceAddressError.self) { try WebhookTarget(parsing: text, secret: secret) }
    }

    private static func message(_ body: String = "{}") -> WebhookMessage {
        WebhookMessage(id: "one", timestamp: 1_614_265_330, body: [Array(body.utf8)])
    }

    private static func target(_ server: RawHTTPServer) throws -> WebhookTarget {
        try WebhookTarget(parsing: "http://127.0.0.1:\(server.port)/in?x=1", secret: try #require(secret))
    }

    private static func failure(
        _ answer: RawHTTPServer.Answer, patience: TransferPatience = TransferPatience()
    ) async throws -> WebhookFailure? {
        let server = try RawHTTPServer { _ in answer }
        do {
            try await WebhookClient(engine: TransferEngine(), patience: patience).post(message(), to: target(server))
            return nil
        } catch let failure as WebhookFailure {
            return failure
        }
    }

    @Test func theReceiverCanVerifyWhatCame() async throws {
        let server = try RawHTTPServer { _ in .response(204) }
        try await WebhookClient(engine: TransferEngine()).post(
            Self.message(#"{"type":"é"}"#), to: try Self.target(server))
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/in?x=1")
        #expect(request.headers["webhook-id"] == "one" && request.headers["webhook-timestamp"] == "1614265330")
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
        let signature = try #require(Self.secret).signature(id: "one", timestamp: 1_614_265_330, body: [request.body])
        #expect(request.headers["webhook-signature"] == signature)
    }

    @Test func anAnswerOfSuccessIsEnough() async throws {
        for status in [200, 201, 202, 204, 299] { #expect(try await Self.failure(.response(status)) == nil) }
    }

    @Test func aRedirectionIsNotFollowed() async throws {
        let other = try RawHTTPServer { _ in .response(200) }
        for status in [301, 302, 303, 307, 308] {
            let answer = RawHTTPServer.Answer.response(status, [("Location", "http://127.0.0.1:\(other.port)/")])
            #expect(try await Self.failure(answer) == .redirected(status: status))
        }
        #expect(other.requests.isEmpty)
    }

    @Test func aRefusalTellsWhenToComeBack() async throws {
        #expect(try await Self.failure(.response(500)) == .refused(status: 500, retryAfter: nil))
        #expect(
            try await Self.failure(.response(429, [("Retry-After", "120")])) == .refused(status: 429, retryAfter: 120))
        #expect(
            try await Self.failure(.response(503, [("Retry-After", "99999999")]))
                == .refused(status: 503, retryAfter: 86_400))
        for words in ["-1", "soon", "Fri, 24 May 2013 00:00:00 GMT"] {
            let answer = RawHTTPServer.Answer.response(503, [("Retry-After", words)])
            #expect(try await Self.failure(answer) == .refused(status: 503, retryAfter: nil))
        }
    }

    @Test func anAnswerWithoutAnEndIsCutOff() async throws {
        let head = RawHTTPServer.Answer.head(200, [("Connection", "close")])
        let answer = RawHTTPServer.Answer.endless(head, again: [UInt8](repeating: 0x20, count: 65_536))
        #expect(try await Self.failure(answer) == .noAnswer(.tooLarge))
    }

    @Test func aReceiverThatHangsUpOrSaysNothingIsNoSuccess() async throws {
        #expect(try await Self.failure(.close(after: [])) == .noAnswer(.cutOff))
        #expect(
            try await Self.failure(.close(after: Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour".utf8)))
                == .noAnswer(.cutOff))
        let impatient = TransferPatience(connect: .seconds(5), stall: 30, total: .milliseconds(300))
        #expect(
            try await Self.failure(.stall(after: []), patience: impatient) == .noAnswer(.timedOut(connected: true)))
    }

    @Test func nobodyThereIsNoSuccess() async throws {
        let server = try RawHTTPServer { _ in .response(200) }
        let target = try Self.target(server)
        server.stop()
        await #expect(throws: WebhookFailure.self) {
            try await WebhookClient(engine: TransferEngine()).post(Self.message(), to: target)
        }
    }
}
