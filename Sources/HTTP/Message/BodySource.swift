import Synchronization

/// What an answer is read from while it is sent.
///
/// Calls come one at a time and with growing positions, `finished` last and exactly once.
public protocol BodySource: AnyObject, Sendable {
    /// The most bytes `read` is ever given room for, where that is less than usual; nil for the server's own size. For
    /// answers that are small pieces over a long time, of which there may be many at once.
    var blockSize: Int? { get }
    /// Fills a beginning of `buffer` with the bytes at `position` (counted from the start of the answer's body).
    /// Called on the transport's thread: must never block, wait for a lock held during I/O, or sync.
    /// - Throws: breaks the connection, so that the client sees a cut-off answer and no false end.
    func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead
    /// Called after `.notReady`; brings bytes at `position` into memory so that the next `read` has some.
    /// The transport suspends the connection meanwhile.
    /// - Throws: breaks the connection.
    func prepare(at position: Int64) async throws
    /// The answer is over: `completed` when the client got all of it, false when it went away or an error came.
    /// Called exactly once, on any thread; must not block.
    func finished(completed: Bool)
}

extension BodySource {
    public var blockSize: Int? { nil }
}

/// What `BodySource.read` found.
public enum BodyRead: Sendable, Equatable {
    /// So many bytes were written, at least one.
    case bytes(Int)
    /// Nothing in memory now; call `prepare`.
    case notReady
    /// No more bytes: the end of a body of unknown length.
    case end
}

/// An answer's body made piece by piece by a closure: lists and exports of unknown length.
public final class ProducedBody: BodySource {
    private struct State {
        var piece: [UInt8] = []
        var taken = 0
        var ended = false
    }

    public let blockSize: Int?
    private let state: Mutex<State>
    private let produce: @Sendable () async throws -> [UInt8]?
    private let onFinish: @Sendable (Bool) -> Void

    /// - Parameters:
    ///   - produce: gives the next piece (any size, kept whole in memory), nil at the end; called by one task at a time.
    ///   - blockSize: see `BodySource.blockSize`.
    ///   - onFinish: told once whether the client got everything.
    public init(
        blockSize: Int? = nil, _ produce: @escaping @Sendable () async throws -> [UInt8]?,
        onFinish: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        self.blockSize = blockSize
        state = Mutex(State())
        self.produce = produce
        self.onFinish = onFinish
    }

    public func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead {
        state.withLock { state in
            let available = state.piece.count - state.taken
            if available == 0 { return state.ended ? .end : .notReady }
            let count = min(available, buffer.byteCount)
            copy(state.piece, from: state.taken, count: count, into: &buffer)
            state.taken += count
            return .bytes(count)
        }
    }

    public func prepare(at position: Int64) async throws {
        var piece = try await produce()
        while piece?.isEmpty == true { piece = try await produce() }
        state.withLock { state in
            state.taken = 0
            state.piece = piece ?? []
            state.ended = piece == nil
        }
    }

    public func finished(completed: Bool) {
        onFinish(completed)
    }
}
