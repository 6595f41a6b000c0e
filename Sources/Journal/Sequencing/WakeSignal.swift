import Synchronization

/// Lets one task rest until it is woken, a time has passed or it is cancelled.
package final class WakeSignal: Sendable {
    private enum State {
        case quiet
        /// Raised while nobody waited; the next wait returns at once.
        case raised
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    package init() {}

    /// Wakes the waiting task, or spares the next one its wait.
    package func raise() {
        let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .awaited(let continuation) = state else {
                state = .raised
                return nil
            }
            state = .quiet
            return continuation
        }
        waiting?.resume()
    }

    /// Returns once the signal is raised, after `duration`, or when the task is cancelled. One task at a time.
    package func wait(atMost duration: Duration) async {
        let alarm = Task { [weak self] in
            try? await Task.sleep(for: duration)
            if !Task.isCancelled { self?.raise() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRaised = state.withLock { state in
                    guard case .raised = state else {
                        state = .awaited(continuation)
                        return false
                    }
                    state = .quiet
                    return true
                }
                if isRaised { continuation.resume() }
            }
        } onCancel: {
            raise()
        }
        alarm.cancel()
    }
}
