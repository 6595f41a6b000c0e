import Synchronization

/// A request body between the event thread and the handler: at most `slabCount` full slabs wait, then the
/// connection is suspended until the handler has taken half of them.
///
/// `@unchecked Sendable`: `current` is touched by the event thread only, the rest is behind `state`.
@safe final class UploadPipeline: BodyStream, @unchecked Sendable {
    private struct State {
        var slabs: [[UInt8]] = []
        var first = 0
        var waiter: CheckedContinuation<[UInt8]?, any Error>?
        var isFinished = false
        var failure: HTTPError?
        var isBlocked = false
        var wasAsked = false

        var count: Int { slabs.count - first }

        mutating func pop() -> [UInt8]? {
            guard first < slabs.count else { return nil }
            let slab = slabs[first]
            slabs[first] = []
            first += 1
            if first == slabs.count {
                slabs.removeAll(keepingCapacity: true)
                first = 0
            }
            return slab
        }
    }

    /// What the pipeline asks of the connection.
    struct Control: Sendable {
        /// The handler wants the body: send `100 Continue` if the client waits for it.
        let demand: @Sendable () -> Void
        /// There is room again.
        let resume: @Sendable () -> Void
    }

    let contentLength: Int64?
    private let slabSize: Int
    private let slabCount: Int
    private let control: Control
    private let state = Mutex(State())
    private let taken = Counter()
    private var current: [UInt8] = []
    private var target: Int

    init(contentLength: Int64?, slabSize: Int, slabCount: Int, control: Control) {
        self.contentLength = contentLength
        self.slabSize = slabSize
        self.slabCount = slabCount
        self.control = control
        // The first piece is small: a form's fields and a file's first bytes reach the handler at once.
        target = min(slabSize, 16 << 10)
    }

    var received: Int64 { taken.value }

    func next() async throws -> [UInt8]? {
        let piece = try await withCheckedThrowingContinuation { continuation in
            enum Outcome {
                case wait(demand: Bool)
                case give([UInt8]?, resume: Bool)
                case fail(HTTPError)
            }
            let outcome: Outcome = state.withLock { state in
                if let slab = state.pop() {
                    let resume = state.isBlocked && state.count <= slabCount / 2
                    if resume { state.isBlocked = false }
                    return .give(slab, resume: resume)
                }
                if let failure = state.failure { return .fail(failure) }
                if state.isFinished { return .give(nil, resume: false) }
                let demand = !state.wasAsked
                state.wasAsked = true
                state.waiter = continuation
                return .wait(demand: demand)
            }
            switch outcome {
            case .wait(let demand): if demand { control.demand() }
            case .fail(let failure): continuation.resume(throwing: failure)
            case .give(let slab, let resume):
                if resume { control.resume() }
                continuation.resume(returning: slab)
            }
        }
        if let piece { taken.add(Int64(piece.count)) }
        return piece
    }

    // MARK: Event thread

    /// True when another slab would be too many; the pipeline then calls `Control.resume` later. Calls `suspend`
    /// while no slab can be taken, so that the later resume cannot come before it.
    func block(_ suspend: () -> Void) -> Bool {
        state.withLock { state in
            guard state.count >= slabCount, state.failure == nil else { return false }
            state.isBlocked = true
            suspend()
            return true
        }
    }

    /// Takes as many of the bytes as fit into the slab being filled; says how many, and hands a full slab over.
    func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        if current.capacity < target { current.reserveCapacity(target) }
        let count = min(bytes.count, target - current.count)
        unsafe current.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        if current.count >= target { flush() }
        return count
    }

    /// The body is complete.
    func finish() {
        if !current.isEmpty { flush() }
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    private func flush() {
        let slab = current
        current = []
        target = slabSize
        let waiter: CheckedContinuation<[UInt8]?, any Error>? = state.withLock { state in
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.slabs.append(slab)
            return nil
        }
        waiter?.resume(returning: slab)
    }

    // MARK: Any thread

    /// The body will not come: what has not been handed out is dropped, and `next` throws from now on.
    func fail(_ error: HTTPError) {
        let waiter = state.withLock { state in
            guard !state.isFinished, state.failure == nil else {
                return nil as CheckedContinuation<[UInt8]?, any Error>?
            }
            state.failure = error
            state.slabs = []
            state.first = 0
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: error)
    }
}
