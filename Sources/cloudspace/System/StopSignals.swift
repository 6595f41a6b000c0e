import Glibc
import Synchronization

/// Turns SIGTERM, SIGINT and SIGHUP into one value to wait for. A second signal ends the process at once.
final class StopSignals: Sendable {
    private struct State {
        var received: Int32?
        var waiter: CheckedContinuation<Int32, Never>?
    }

    static let shared = StopSignals()

    private let state = Mutex(State())

    private init() {}

    /// Leaves the signals to the listener. Call before any other thread exists: threads inherit it.
    static func block() {
        var set = sigset_t()
        fill(&set)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Returns the first signal that arrives, or has arrived.
    func first() async -> Int32 {
        await withCheckedContinuation { continuation in
            let early = state.withLock { state in
                if state.received == nil { state.waiter = continuation }
                return state.received
            }
            if let early { continuation.resume(returning: early) }
        }
    }

    /// Takes the signals, for ever. For the main thread, which has nothing else to do.
    func listen() -> Never {
        var set = sigset_t()
        Self.fill(&set)
        while true {
            var signal: Int32 = 0
            guard unsafe sigwait(&set, &signal) == 0 else { continue }
            let (isSecond, waiter) = state.withLock { state in
                defer { state.waiter = nil }
                let isSecond = state.received != nil
                if !isSecond { state.received = signal }
                return (isSecond, state.waiter)
            }
            if isSecond { _exit(128 + signal) }
            waiter?.resume(returning: signal)
        }
    }

    /// The name of a signal of this set.
    static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGHUP: "SIGHUP"
        default: "signal \(signal)"
        }
    }

    private static func fill(_ set: inout sigset_t) {
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, signal) }
    }
}
