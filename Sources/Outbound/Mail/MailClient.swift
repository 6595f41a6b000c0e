/// Hands messages to a mail server, one connection at a time being enough for what a vault has to say.
package struct MailClient: Sendable {
    private let server: MailServer
    private let engine: TransferEngine
    private let patience: TransferPatience

    /// - Parameter patience: for one attempt; the size of the message is allowed for on top.
    package init(
        _ server: MailServer, engine: TransferEngine,
        patience: TransferPatience = TransferPatience(connect: .seconds(10), stall: 30, total: .seconds(60))
    ) {
        self.server = server
        self.engine = engine
        self.patience = patience
    }

    /// Returns once the server took the message for all recipients.
    ///
    /// When the answer to the last line is lost the message may have been taken all the same: whoever sends again uses the
    /// same ``MailMessage/identifier``.
    /// - Throws: `MailError.rejected`, `.notSent`; `CancellationError`.
    package func send(_ message: MailMessage) async throws {
        let content = MIMEWriter(message).bytes
        var request = TransferRequest(
            method: "MAIL", url: server.url, headers: [], body: [content], answerLimit: 0,
            patience: patience.covering(content.count), certificateAuthority: server.certificateAuthority,
            isLocal: server.isLocal)
        request.mail = MailEnvelope(
            sender: message.sender, recipients: message.recipients, security: server.security, account: server.account)
        do {
            _ = try await engine.perform(request)
        } catch let failure as TransferFailure {
            throw MailError.notSent(failure)
        }
    }
}

/// What the mail server is told beside the message.
struct MailEnvelope: Sendable {
    let sender: MailAddress
    let recipients: [MailAddress]
    let security: MailServer.Security
    let account: MailAccount?
}
