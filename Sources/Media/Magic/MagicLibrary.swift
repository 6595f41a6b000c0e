import Crypto
import Synchronization

/// What libmagic says of the beginning of a content, asked on a thread of its own.
///
/// Its tables are loaded by the first question and not by the start of the program. Questions that find the thread busy
/// and the queue full are not asked at all: an upload is never held up for an icon.
public final class MagicLibrary: Sendable {
    /// Most bytes of a content that are looked at.
    public static let headLimit = 64 << 10
    private static let waiting = 64

    private let pool = WorkerPool(threads: 1, queueLimit: MagicLibrary.waiting)
    private let cookie = Mutex<State>(.untouched)
    private let skippedQuestions = Atomic<Int64>(0)
    private let answeredQuestions = Atomic<Int64>(0)

    private enum State {
        case untouched
        case ready(MagicCookie)
        case missing
    }

    public init() {}

    /// Questions answered since the start.
    public var answered: Int64 { answeredQuestions.load(ordering: .relaxed) }
    /// Questions not asked since too many waited already.
    public var skipped: Int64 { skippedQuestions.load(ordering: .relaxed) }

    /// The media type of a content that begins with `head`.
    /// - Returns: `nil` when libmagic has no tables here, too many wait, or it has no answer.
    public func mediaType(of head: [UInt8]) async -> String? {
        await withCheckedContinuation { continuation in
            let isQueued = pool.submit { [self] in
                let answer = ask(head)
                answeredQuestions.add(1, ordering: .relaxed)
                continuation.resume(returning: answer)
            }
            if !isQueued {
                skippedQuestions.add(1, ordering: .relaxed)
                continuation.resume(returning: nil)
            }
        }
    }

    /// Called by the one thread; the lock is never waited for.
    private func ask(_ head: [UInt8]) -> String? {
        cookie.withLock { state in
            if case .untouched = state { state = MagicCookie.loaded().map(State.ready) ?? .missing }
            guard case .ready(let cookie) = state else { return nil }
            return cookie.mediaType(of: head, limit: Self.headLimit)
        }
    }
}
