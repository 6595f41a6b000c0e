import Glibc
import Synchronization

/// Waits for SIGTERM, SIGINT or SIGHUP. A second one ends the process at once.
///
/// Make it before any other thread exists: threads inherit which signals they leave to the one that waits here.
final class StopSignals: Sendable {
    private struct State {
        var received: Int32?
        var waiter: CheckedContinuation<Int32, Never>?
    }

    private let state = Mutex(State())

    init() {
        var set = sigset_t()
        Self.fill(&set)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Returns the first signal that arrives, or has arrived.
    func first() async -> Int32 {
        startListening()
        return await withCheckedContinuation { continuation in
            let early = state.withLock { state in
                if state.received == nil { state.waiter = continuation }
                return state.received
            }
            if let early { continuation.resume(returning: early) }
        }
    }

    private func startListening() {
        let reference = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                // Balances passRetained above: this thread is the listener's owner and lives as long as the process.
                unsafe Unmanaged<StopSignals>.fromOpaque(argument).takeUnretainedValue().listen()
            }, reference.toOpaque())
        unsafe pthread_detach(thread)
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

    private static func fill(_ set: inout sigset_t) {
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, signal) }
    }
}
