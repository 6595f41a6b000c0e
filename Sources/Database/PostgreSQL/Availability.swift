/// Whether the server is believed to be there, shared by all lanes of one database.
///
/// A connection that cannot be made opens the circuit: callers are refused at once instead of queueing for a server that
/// is away. One lane then tries again and again, ever more slowly; its success closes the circuit.
final class Availability: Sendable {
    private let monitor = Monitor(State())

    private struct State: Sendable {
        var obstacle: DatabaseError?
        var connections = 0
        var isBeingProbed = false
        var stopping = false
    }

    /// Why callers are refused; nil while all is well.
    var obstacle: DatabaseError? { monitor.withLock { $0.obstacle } }

    func connected() {
        monitor.updateAll { state in
            state.connections += 1
            state.obstacle = nil
        }
    }

    func disconnected() {
        monitor.withLock { $0.connections -= 1 }
    }

    enum Verdict { case away, full }

    /// A connection could not be made.
    /// - Returns: `.full` when the server has no further connection but those that exist can do the work.
    func refused(_ refusal: ConnectRefusal) -> Verdict {
        monitor.withLock { state in
            if refusal.serverIsFull, state.connections > 0 { return .full }
            state.obstacle = refusal.error
            return .away
        }
    }

    /// - Returns: whether the calling lane is to try until the server is back; at most one is.
    func claimProbing() -> Bool {
        monitor.withLock { state in
            guard state.obstacle != nil, !state.isBeingProbed, !state.stopping else { return false }
            state.isBeingProbed = true
            return true
        }
    }

    func endProbing() {
        monitor.withLock { $0.isBeingProbed = false }
    }

    /// Blocks the calling thread for so long, or until all is to end.
    func pause(_ pause: Backoff.Pause) {
        _ = monitor.wait(atMostMilliseconds: pause.milliseconds) { $0.stopping ? true : nil }
    }

    /// The same, or until some lane has a connection again.
    /// - Returns: whether the server is still believed to be away.
    func pauseWhileAway(_ pause: Backoff.Pause) -> Bool {
        monitor.wait(atMostMilliseconds: pause.milliseconds) { state in
            state.stopping || state.obstacle == nil ? false : nil
        } ?? true
    }

    func requestStop() {
        monitor.updateAll { $0.stopping = true }
    }
}

/// Pauses that double, each shortened by chance so that many who failed together do not try again together.
struct Backoff {
    struct Pause {
        let milliseconds: Int
    }

    private var next: Int
    private let longest: Int

    init(firstMilliseconds: Int, longestMilliseconds: Int) {
        next = firstMilliseconds
        longest = longestMilliseconds
    }

    mutating func take() -> Pause {
        defer { next = min(longest, next * 2) }
        return Pause(milliseconds: Int.random(in: next / 2...next))
    }
}
