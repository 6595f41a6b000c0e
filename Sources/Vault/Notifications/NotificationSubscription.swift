import Synchronization

/// One listener's bell. Waiting costs a continuation and nothing else: no thread, no reader of the database, no timer.
final class NotificationSubscription: Sendable {
    enum Signal: Sendable, Equatable { case changed, heartbeat, ended }

    private struct State {
        var hasChanged = false
        var isBeatDue = false
        var isEnded = false
        var nextBeat: Duration
        var seen: Int64 = 0
        var waiter: CheckedContinuation<Signal, Never>?

        /// The signal to give now, the strongest first.
        mutating func take() -> Signal? {
            if isEnded { return .ended }
            if hasChanged {
                hasChanged = false
                return .changed
            }
            if isBeatDue {
                isBeatDue = false
                return .heartbeat
            }
            return nil
        }
    }

    let account: AccountID
    private let hub: NotificationHub
    private let state: Mutex<State>

    init(account: AccountID, hub: NotificationHub, nextBeat: Duration) {
        self.account = account
        self.hub = hub
        state = Mutex(State(nextBeat: nextBeat))
    }

    /// The last notification that was sent.
    var seen: Int64 {
        get { state.withLock { $0.seen } }
        set { state.withLock { $0.seen = newValue } }
    }

    /// Waits for the next signal; one waiter at a time. A cancelled task ends the subscription.
    func next() async -> Signal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Signal? in
                    let signal = state.take()
                    if signal == nil { state.waiter = continuation }
                    return signal
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            close()
        }
    }

    /// Signals of one kind that nobody waited for are one.
    func signal(_ signal: Signal) {
        let woken = state.withLock { state -> (CheckedContinuation<Signal, Never>, Signal)? in
            switch signal {
            case .changed: state.hasChanged = true
            case .heartbeat: state.isBeatDue = true
            case .ended: state.isEnded = true
            }
            guard let waiter = state.waiter, let signal = state.take() else { return nil }
            state.waiter = nil
            return (waiter, signal)
        }
        if let (waiter, signal) = woken { waiter.resume(returning: signal) }
    }

    /// Whether the time for a sign of life has come; the next one is then at `again`.
    func isDue(_ now: Duration, again: Duration) -> Bool {
        state.withLock { state in
            guard now >= state.nextBeat else { return false }
            state.nextBeat = again
            return true
        }
    }

    func close() {
        hub.close(self)
        signal(.ended)
    }
}
