import Synchronization

/// What this node holds, and who waits for that to change.
final class LeaseBoard: Sendable {
    struct Held: Sendable {
        let term: Int64
        /// By the steady clock: when the lease was last asked for or renewed, before the answer came.
        var askedAt: Duration
        /// By the steady clock: when its work must have stopped.
        var endsAt: Duration
    }

    private struct Waiter: Sendable {
        let condition: @Sendable ([LeaseName: Held]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State: Sendable {
        var held: [LeaseName: Held] = [:]
        var waiters: [Int: Waiter] = [:]
        var lastWaiter = 0
    }

    private let state = Mutex(State())

    var held: [LeaseName: Held] { state.withLock { $0.held } }

    /// Changes what is held and wakes those whose condition became true.
    func change(_ body: (inout [LeaseName: Held]) -> Void) {
        let woken = state.withLock { state -> [Waiter] in
            body(&state.held)
            let woken = state.waiters.filter { $0.value.condition(state.held) }
            for number in woken.keys { state.waiters.removeValue(forKey: number) }
            return Array(woken.values)
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Returns once `condition` is true, or when the task is cancelled.
    func wait(until condition: @escaping @Sendable ([LeaseName: Held]) -> Bool) async {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || condition(state.held) { return true }
                    state.waiters[number] = Waiter(condition: condition, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.continuation.resume()
        }
    }
}
