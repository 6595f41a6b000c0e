import Synchronization

/// Lets tasks wait until threads have ended.
final class Departure: Sendable {
    private let state = Mutex(State())

    private struct State: Sendable {
        var running = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    func threadStarted() {
        state.withLock { $0.running += 1 }
    }

    func threadEnded() {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when no thread is left.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.running > 0 { state.waiters.append(continuation) }
                return state.running == 0
            }
            if isOver { continuation.resume() }
        }
    }
}
