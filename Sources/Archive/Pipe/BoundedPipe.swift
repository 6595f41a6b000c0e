/// Carries bytes from a task that makes them to a thread that takes them, a bounded number on their way.
///
/// The task waits for room as tasks wait, the thread blocks for bytes. Each side's end and failure reach the other: no
/// side waits for one that has gone. One task and one thread at a time.
package final class BoundedPipe: Sendable {
    private struct State {
        var pieces: [[UInt8]] = []
        /// Of `pieces`, the first that is not all taken, and how far it is.
        var first = 0
        var taken = 0
        var pending = 0
        var isFinished = false
        var failure: (any Error)?
        /// The taker has gone.
        var isAbandoned = false
        var writer: CheckedContinuation<Void, Never>?
        var turn = 0

        mutating func takeWriter() -> CheckedContinuation<Void, Never>? {
            defer { writer = nil }
            return writer
        }
    }

    private let state = Monitor(State())
    private let limit: Int

    /// - Parameter limit: bytes that may wait; one piece may go beyond it.
    package init(limit: Int = 4 << 20) {
        self.limit = max(1, limit)
    }

    /// Hands over bytes once there is room.
    /// - Throws: `CancellationError` when the task is cancelled; `ArchiveError.cancelled` when nobody takes them any more.
    package func send(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        while true {
            try Task.checkCancellation()
            let isSent = try state.change { state throws(ArchiveError) -> Bool in
                guard !state.isAbandoned, !state.isFinished else { throw .cancelled }
                guard state.pending < limit else { return false }
                state.pieces.append(bytes)
                state.pending += bytes.count
                return true
            }
            if isSent { return }
            await room()
        }
    }

    /// No more bytes follow.
    package func finish() {
        state.change { $0.isFinished = true }
    }

    /// No more bytes follow, because of `error`: the thread that takes them throws it.
    package func fail(_ error: any Error) {
        state.change { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            state.failure = error
        }
    }

    /// Nobody takes bytes any more: sending throws from here on, and so does reading.
    package func abandon() {
        let writer = state.change { state in
            state.isAbandoned = true
            state.pieces = []
            state.pending = 0
            return state.takeWriter()
        }
        writer?.resume()
    }

    /// Fills `room` as far as bytes are there, blocking for at least one.
    /// - Returns: 0 at the end.
    /// - Throws: what the maker failed with; `ArchiveError.cancelled` once abandoned.
    package func read(into room: inout MutableRawSpan) throws -> Int {
        guard room.byteCount > 0 else { return 0 }
        enum Step {
            case bytes([UInt8], from: Int, isLast: Bool)
            case end((any Error)?)
        }
        let wanted = room.byteCount
        let step = state.wait { state -> Step? in
            if state.isAbandoned { return .end(ArchiveError.cancelled) }
            guard state.first < state.pieces.count else { return state.isFinished ? .end(state.failure) : nil }
            let piece = state.pieces[state.first]
            let from = state.taken
            let isLast = piece.count - from <= wanted
            if isLast {
                state.pieces[state.first] = []
                state.first += 1
                state.taken = 0
                if state.first == state.pieces.count || state.first >= 64 {
                    state.pieces.removeFirst(state.first)
                    state.first = 0
                }
            } else {
                state.taken = from + wanted
            }
            return .bytes(piece, from: from, isLast: isLast)
        }
        switch step {
        case .end(nil): return 0
        case .end(let error?): throw error
        case .bytes(let piece, let from, _):
            let count = min(wanted, piece.count - from)
            room.copy(piece, from: from, count: count)
            // Room counts as free only now, and whoever waits for it wakes when half is: fewer turns.
            let writer = state.change { state -> CheckedContinuation<Void, Never>? in
                state.pending = max(0, state.pending - count)
                return state.pending <= limit / 2 ? state.takeWriter() : nil
            }
            writer?.resume()
            return count
        }
    }

    /// Waits until there may be room; returns also when the task is cancelled.
    private func room() async {
        let turn = state.change { state in
            state.turn += 1
            return state.turn
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDone = state.change { state -> Bool in
                    if state.pending < limit || state.isAbandoned || state.turn != turn { return true }
                    state.writer = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let writer = state.change { state in
                // A cancellation that comes before the waiting ends it, too.
                state.turn += 1
                return state.takeWriter()
            }
            writer?.resume()
        }
    }
}
