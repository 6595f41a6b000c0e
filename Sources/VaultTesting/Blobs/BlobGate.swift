import Synchronization

/// A gate that lets callers through, or holds them until it is opened again.
final class BlobGate: Sendable {
    private struct State {
        var isShut = false
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func shut() { state.withLock { $0.isShut = true } }

    func open() {
        let held = state.withLock { state in
            defer { state.held = [] }
            state.isShut = false
            return state.held
        }
        for caller in held { caller.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let (passes, watchers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                guard state.isShut else { return (true, []) }
                state.held.append(continuation)
                let count = state.held.count
                let satisfied = state.watchers.filter { $0.count <= count }.map(\.continuation)
                state.watchers.removeAll { $0.count <= count }
                return (false, satisfied)
            }
            if passes { continuation.resume() }
            for watcher in watchers { watcher.resume() }
        }
    }

    /// Returns once `count` callers stand before the gate.
    func held(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
