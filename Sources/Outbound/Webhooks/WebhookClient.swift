/// Sends signed notices to other servers, as Standard Webhooks wants it (docs/formats/webhooks.md).
package struct WebhookClient: Sendable {
    private let engine: TransferEngine
    private let patience: TransferPatience

    /// Most of an answer that is read: nobody needs what a receiver says.
    static let answerLimit = 64 << 10

    /// - Parameter patience: for one attempt; the size of the body is allowed for on top.
    package init(
        engine: TransferEngine,
        patience: TransferPatience = TransferPatience(connect: .seconds(10), stall: 20, total: .seconds(30))
    ) {
        self.engine = engine
        self.patience = patience
    }

    /// One attempt to deliver; returns when the receiver answered with a status of 200 to 299.
    /// - Throws: `WebhookFailure`; `CancellationError`.
    package func post(_ message: WebhookMessage, to target: WebhookTarget) async throws {
        let size = message.body.reduce(0) { $0 + $1.count }
        let request = TransferRequest(
            method: "POST", url: target.url,
            headers: [
                ("Host", target.authority), ("Content-Type", message.contentType.description),
                ("webhook-id", message.id), ("webhook-timestamp", String(message.timestamp)),
                (
                    "webhook-signature",
                    target.secret.signature(id: message.id, timestamp: message.timestamp, body: message.body)
                ),
            ] + message.headers, body: message.body, answerLimit: Self.answerLimit, patience: patience.covering(size),
            certificateAuthority: target.certificateAuthority, isLocal: target.isLocal)
        let answer: TransferAnswer
        do {
            answer = try await engine.perform(request)
        } catch let failure as TransferFailure {
            throw WebhookFailure.noAnswer(failure)
        }
        switch answer.status {
        case 200...299: return
        case 300...399: throw WebhookFailure.redirected(status: answer.status)
        default:
            throw WebhookFailure.refused(
                status: answer.status, retryAfter: answer.headers["retry-after"].flatMap(Self.seconds))
        }
    }

    /// `Retry-After` in seconds, at most a day; a date is not looked at.
    private static func seconds(_ text: String) -> Int64? {
        guard let seconds = Int64(text), seconds >= 0 else { return nil }
        return min(seconds, 86_400)
    }
}

/// One notice.
package struct WebhookMessage: Sendable {
    /// The same for every attempt, so that the receiver can tell a repetition. No `.`, no line break.
    package let id: String
    /// Of this attempt, in seconds since 1970.
    package let timestamp: Int64
    package let contentType: StaticString
    /// Further fields of the head, without line breaks.
    package let headers: [(name: String, value: String)]
    /// In pieces; signed as it is.
    package let body: [[UInt8]]

    package init(
        id: String, timestamp: Int64, contentType: StaticString = "application/json",
        headers: [(name: String, value: String)] = [], body: [[UInt8]]
    ) {
        self.id = id
        self.timestamp = timestamp
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }
}

/// Why a notice did not arrive, as far as we know.
package enum WebhookFailure: Error, Equatable {
    case noAnswer(TransferFailure)
    /// A redirection: it is not followed, since what was signed for one receiver is nobody else's.
    case redirected(status: Int)
    /// Any other status but success; `retryAfter` in seconds when the receiver said so.
    case refused(status: Int, retryAfter: Int64?)
}
