import Glibc
import Synchronization

/// Turns SIGTERM, SIGINT and SIGHUP into one value to wait for. A second signal ends the process at once.
final class StopSignals: Sendable {
    private struct State {
        var received: Int32?
        var waiter: CheckedContinuation<Int32, Never>?
    }

    private let state = Mutex(State())

    /// Leaves the signals to the listener. Call before any other thread exists: threads inherit it.
    static func block() {
        var set = sigset_t()
        fill(&set)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Starts the listener, a thread that lives as long as the process.
    init() {
        let reference = unsafe Unmanaged.passRetained(self)  // the listener's own, never released
        var thread = pthread_t()
        unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<StopSignals>.fromOpaque(argument).takeUnretainedValue().listen()
            }, reference.toOpaque())
        pthread_detach(thread)
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

    private func listen() -> Never {
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
