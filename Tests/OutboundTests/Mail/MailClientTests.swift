import Crypto
import Testing
import VaultTesting

@testable import Outbound

@Suite(.enabled(if: TestMailServer.canRun, "aiosmtpd, which scripts/install test brings")) struct MailClientTests {
    private static func message(
        to recipients: [String] = ["ama@example.com"], text: String = "Hello\n.\n..dots\n"
    ) throws -> MailMessage {
        try MailMessage(
            from: try #require(MailAddress("vault@example.org")),
            to: try recipients.map { try #require(MailAddress($0)) }, subject: "Été", text: text, identifier: "one",
            date: 1_729_954_800_000)
    }

    private static func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

    private static func failure(_ server: MailServer, _ message: MailMessage) async throws -> MailError? {
        do {
            try await MailClient(server, engine: TransferEngine()).send(message)
            return nil
        } catch let error as MailError {
            return error
        }
    }

    @Test func aMessageArrivesAsItWasWritten() async throws {
        let server = try TestMailServer()
        let message = try Self.message(to: ["ama@example.com", "kofi@example.com"])
        try await MailClient(MailServer(parsing: "smtp://127.0.0.1:\(server.port)"), engine: TransferEngine())
            .send(message)
        let received = try #require(try server.received().first)
        #expect(received.sender == "vault@example.org")
        #expect(received.recipients == ["ama@example.com", "kofi@example.com"])
        #expect(Array(received.content.utf8) == MIMEWriter(message).bytes)
    }

    @Test func aLargeMessageArrivesWhole() async throws {
        let server = try TestMailServer()
        let message = try Self.message(text: String(repeating: "0123456789 abcdefghij\n", count: 40_000))
        try await MailClient(MailServer(parsing: "smtp://127.0.0.1:\(server.port)"), engine: TransferEngine())
            .send(message)
        #expect(try server.received().first.map { Array($0.content.utf8) } == MIMEWriter(message).bytes)
    }

    @Test(arguments: ["--starttls", "--smtps"])
    func theMessageAndThePasswordGoEncrypted(_ way: String) async throws {
        let certificate = try TestCertificate()
        let server = try TestMailServer([
            way, "--certificate", certificate.certificate, "--key", certificate.key, "--user", "vault", "--password",
            "pa ss=wörd",
        ])
        let scheme = way == "--smtps" ? "smtps" : "smtp"
        let url = "\(scheme)://vault@127.0.0.1:\(server.port)" + (way == "--smtps" ? "" : "?tls=required")
        let good = try MailServer(
            parsing: url, password: Self.secret("pa ss=wörd"), certificateAuthority: certificate.certificate)
        #expect(try await Self.failure(good, Self.message()) == nil)
        let received = try #require(try server.received().first)
        #expect(received.isEncrypted && received.user == "vault")

        let wrong = try MailServer(
            parsing: url, password: Self.secret("guess"), certificateAuthority: certificate.certificate)
        #expect(try await Self.failure(wrong, Self.message()) == .rejected(status: 535))
        // The system does not know this certificate: nothing is said to such a server.
        let strange = try MailServer(parsing: url, password: Self.secret("pa ss=wörd"))
        guard case .notSent(.tls) = try await Self.failure(strange, Self.message()) else {
            Issue.record("an unknown certificate was trusted")
            return
        }
        #expect(try server.received().count == 1)
    }

    @Test func aServerWithoutEncryptionGetsNothingWhereItIsDemanded() async throws {
        let server = try TestMailServer()
        let demanding = try MailServer(parsing: "smtp://127.0.0.1:\(server.port)?tls=required")
        guard case .notSent(.tls) = try await Self.failure(demanding, Self.message()) else {
            Issue.record("a message went out in the clear")
            return
        }
        #expect(try server.received().isEmpty)
    }

    @Test func aRefusalIsToldWithItsStatus() async throws {
        let server = try TestMailServer(["--refuse", "gone@example.com"])
        let address = try MailServer(parsing: "smtp://127.0.0.1:\(server.port)")
        #expect(try await Self.failure(address, Self.message(to: ["gone@example.com"])) == .rejected(status: 550))
        #expect(try await Self.failure(address, Self.message(to: ["busy@example.com"])) == .rejected(status: 451))
        // All or nobody: whoever is told twice is told the same.
        #expect(
            try await Self.failure(address, Self.message(to: ["ama@example.com", "gone@example.com"]))
                == .rejected(status: 550))
        #expect(try server.received().isEmpty)
    }

    @Test func aServerThatTalksNonsenseOrNothingIsLeft() async throws {
        let nonsense = try RawHTTPServer { _ in .close(after: []) }
        let patience = TransferPatience(connect: .seconds(5), stall: 30, total: .milliseconds(500))
        let client = MailClient(
            try MailServer(parsing: "smtp://127.0.0.1:\(nonsense.port)"), engine: TransferEngine(), patience: patience)
        await #expect(throws: MailError.self) { try await client.send(try Self.message()) }
        nonsense.stop()
        await #expect(throws: MailError.self) { try await client.send(try Self.message()) }
    }

    @Test(arguments: [
        ("smtp://mail.example.com", MailServer.Security.startTLS), ("smtps://mail.example.com", .implicit),
        ("smtp://mail.example.com:25?tls=none", .none), ("smtp://localhost", .none),
        ("smtp://localhost?tls=required", .startTLS),
    ])
    func encryptionIsGivenUpOnPurposeOnly(_ url: String, _ security: MailServer.Security) throws {
        #expect(try MailServer(parsing: url).security == security)
    }

    @Test(arguments: [
        "mail.example.com", "http://mail.example.com", "smtp://mail.example.com/box",
        "smtp://mail.example.com?tls=maybe",
        "smtps://mail.example.com?tls=none", "smtp://vault@mail.example.com",
    ])
    func whatIsNoMailServerIsRefused(_ url: String) {
        #expect(throws: ServiceAddressError.self) { try MailServer(parsing: url) }
    }

    @Test func aPasswordIsNotSentInTheClear() {
        #expect(throws: ServiceAddressError.self) {
            try MailServer(parsing: "smtp://vault@mail.example.com?tls=none", password: Self.secret("x"))
        }
        #expect(throws: ServiceAddressError.self) {
            try MailServer(parsing: "smtps://vault@mail.example.com", password: Self.secret("a\r\nb"))
        }
        #expect(throws: ServiceAddressError.self) {
            try MailServer(parsing: "smtps://mail.example.com", password: Self.secret("x"))
        }
    }
}
