import CMicroHTTPD
import Synchronization

/// Feeds the library from a `BodySource`, suspending the connection while the source prepares.
///
/// `@unchecked Sendable`: `connection` is used only while the library keeps it alive, which it does as long as the
/// connection is suspended or one of its callbacks runs.
@safe final class AnswerReader: @unchecked Sendable {
    private struct State {
        var isPreparing = false
        var isSuspended = false
        var failed = false
        var abandoned = false
        var isOver = false
        var finishedCalled = false
        var task: Task<Void, Never>?
    }

    private let source: any BodySource
    private let length: Int64?
    private let connection: OpaquePointer
    private let link: Link
    private let core: ServerCore
    private let state = Mutex(State())
    /// Bytes given to the library so far.
    let position = Counter()

    init(source: any BodySource, length: Int64?, connection: OpaquePointer, link: Link, core: ServerCore) {
        self.source = source
        self.length = length
        unsafe self.connection = connection
        self.link = link
        self.core = core
    }

    private static let failure = Int(MHD_CONTENT_READER_END_WITH_ERROR)
    private static let end = Int(MHD_CONTENT_READER_END_OF_STREAM)

    /// The library's content reader: fills the buffer, or suspends and gives nothing.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            if state.withLock({ $0.failed || $0.abandoned }) { return Self.failure }
            let outcome: BodyRead
            do {
                var span = unsafe buffer.mutableBytes
                outcome = try source.read(at: offset, into: &span)
            } catch {
                return Self.failure
            }
            switch outcome {
            case .bytes(let count):
                guard count > 0, count <= buffer.count else { return Self.failure }
                position.add(Int64(count))
                core.statistics.bytesOut.add(Int64(count))
                return count
            case .end:
                // An answer that ends before its promised length must look broken, not complete.
                return length == nil ? Self.end : Self.failure
            case .notReady:
                switch prepare(at: offset) {
                case .suspended: return 0
                case .ready: continue
                case .refused: return Self.failure
                }
            }
        }
    }

    private enum Preparation {
        case suspended, ready, refused
    }

    /// Starts preparing; suspends the connection unless the source is ready at once.
    private func prepare(at offset: Int64) -> Preparation {
        state.withLock { $0.isPreparing = true }
        let task = Task.immediate { [self] in
            var failed = false
            do { try await source.prepare(at: offset) } catch { failed = true }
            prepared(failed: failed)
        }
        return state.withLock { state in
            guard state.isPreparing else { return .ready }
            state.task = task
            if core.isForced { return .refused }
            state.isSuspended = true
            link.enter(.source, deadline: .max)
            unsafe MHD_suspend_connection(connection)
            return .suspended
        }
    }

    private func prepared(failed: Bool) {
        let over = state.withLock { state in
            state.isPreparing = false
            state.task = nil
            if failed { state.failed = true }
            if state.isSuspended {
                state.isSuspended = false
                link.enter(.sending, deadline: core.sendingDeadline)
                unsafe MHD_resume_connection(connection)
            }
            return state.isOver
        }
        if over { callFinished(completed: false) }
    }

    /// Gives up: the connection is woken and breaks.
    func abandon() {
        let task = state.withLock { state in
            state.abandoned = true
            if state.isSuspended {
                state.isSuspended = false
                unsafe MHD_resume_connection(connection)
            }
            return state.task
        }
        task?.cancel()
    }

    /// The request is over; tells the source, after its last `prepare` has returned.
    func end(completed: Bool) {
        let (task, isPreparing) = state.withLock { state in
            state.isOver = true
            state.isSuspended = false
            return (state.task, state.isPreparing)
        }
        task?.cancel()
        if !isPreparing { callFinished(completed: completed && (length == nil || position.value == length)) }
    }

    private func callFinished(completed: Bool) {
        let isFirst = state.withLock { state in
            defer { state.finishedCalled = true }
            return !state.finishedCalled
        }
        if isFirst { source.finished(completed: completed) }
    }
}
