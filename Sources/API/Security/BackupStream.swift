import Backup
import HTTP
import Synchronization

/// The progress of a backup as Server-Sent Events (HTML Living Standard, section 9.2): `progression` with the backup as
/// `GET /api/sauvegardes/{id}` shows it, `fin` when there is no more to come.
struct BackupStream: Sendable {
    /// Milliseconds after which a client comes again.
    private static let retry = 3_000

    let feed: BackupFeed

    var response: Response {
        let step = StreamStep()
        let body = ProducedBody(blockSize: 8 << 10) { [feed] in
            switch step.value {
            case 0:
                step.value = 1
                return Array("retry: \(Self.retry)\n\n".utf8)
            case 1:
                if let event = try await Self.next(feed) { return event }
                step.value = 2
                return Array("event: fin\ndata: {}\n\n".utf8)
            default: return nil
            }
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

    private static func next(_ feed: BackupFeed) async throws -> [UInt8]? {
        switch try await feed.next() {
        case .ended: return nil
        case .heartbeat: return Array(": \n\n".utf8)
        case .changed(let details):
            // On one line: the writer escapes line breaks.
            var json = JSONWriter()
            json.backup(details, isWhole: true)
            return Array("event: progression\ndata: ".utf8) + json.bytes + [0x0a, 0x0a]
        }
    }
}

/// A number that closures of one stream share.
private final class StreamStep: Sendable {
    private let stored = Atomic<Int>(0)
    var value: Int {
        get { stored.load(ordering: .relaxed) }
        set { stored.store(newValue, ordering: .relaxed) }
    }
}
