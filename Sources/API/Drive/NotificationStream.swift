import HTTP
import Synchronization
import Vault

/// Notifications as Server-Sent Events (HTML Living Standard, section 9.2).
///
/// A quiet stream is a suspended connection and a continuation; a comment line now and then tells proxies and the client
/// that it is alive. The client reconnects by itself and says which event it got last.
struct NotificationStream: Sendable {
    /// Milliseconds after which a client comes again.
    private static let retry = 3_000
    /// Room for what is sent at once; events are small, and streams are many.
    private static let blockSize = 4 << 10

    let feed: NotificationFeed
    let language: Language
    let vault: Vault

    var response: Response {
        let opening = Opening()
        let body = ProducedBody(blockSize: Self.blockSize) {
            if opening.isFirst() { return Array("retry: \(Self.retry)\n\n".utf8) }
            return try await next()
        } onFinish: { [feed] _ in
            feed.close()
        }
        return Response(
            headers: [
                "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store",
                // nginx would gather small pieces.
                "X-Accel-Buffering": "no",
            ], body: .stream(length: nil, body))
    }

    private func next() async throws -> [UInt8]? {
        switch try await feed.next() {
        case .ended: return nil
        case .heartbeat: return Array(": \n\n".utf8)
        case .notifications(let notifications):
            let view = NotificationView(language: language, now: vault.now())
            var bytes: [UInt8] = []
            for notification in notifications {
                bytes += Array("event: notification\nid: \(notification.id)\ndata: ".utf8)
                // On one line: the writer escapes line breaks.
                var json = JSONWriter()
                view.write(notification, to: &json)
                bytes += json.bytes
                bytes += [0x0a, 0x0a]
            }
            return bytes
        }
    }
}

/// Whether the opening of a stream was sent.
private final class Opening: Sendable {
    private let sent = Atomic<Bool>(false)
    func isFirst() -> Bool { !sent.exchange(true, ordering: .relaxed) }
}
