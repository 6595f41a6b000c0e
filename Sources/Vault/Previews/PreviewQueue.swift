import Synchronization

/// The version a preview is wanted of.
struct PreviewOrder: Sendable {
    let node: NodeID
    let version: VersionID
    let number: Int
}

/// How the making of previews on this node fared since it started.
public struct PreviewStatistics: Sendable, Equatable {
    /// Versions that wait for their preview.
    public var waiting = 0
    public var made: Int64 = 0
    /// Contents that have none: broken, encrypted, too large.
    public var refused: Int64 = 0
    /// Attempts that came to nothing and may be made again.
    public var failed: Int64 = 0
    /// Versions that found the queue full; theirs is made when somebody asks for it.
    public var dropped: Int64 = 0
    /// Time spent on all of them, in milliseconds.
    public var milliseconds: Int64 = 0
}

/// Previews that wait to be made: a bounded queue, a few at a time, those that somebody waits for first.
final class PreviewQueue: Sendable {
    enum Result: Sendable {
        case made, refused, failed
        /// There was one already, or the file has gone.
        case needless
    }
    typealias Maker = @Sendable (PreviewOrder) async -> Result

    private struct Waiter {
        let number: Int
        let version: VersionID
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiting: [PreviewOrder] = []
        var underWay: Set<VersionID> = []
        var waiters: [Waiter] = []
        var lastWaiter = 0
        var isStopped = false
        var statistics = PreviewStatistics()

        func knows(_ version: VersionID) -> Bool {
            underWay.contains(version) || waiting.contains { $0.version == version }
        }
    }

    private let limit: Int
    private let workers: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: most that wait.
    ///   - workers: how many are made at once.
    init(limit: Int, workers: Int) {
        self.limit = limit
        self.workers = workers
    }

    var statistics: PreviewStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.waiting = state.waiting.count
            return statistics
        }
    }

    /// Queues one behind all others. When the queue is full nothing happens: it is made when somebody asks.
    func add(_ order: PreviewOrder, make: @escaping Maker) {
        enter(order, isUrgent: false, make: make)
    }

    /// Queues one before all others and waits until it is settled, at most so long.
    func settle(_ order: PreviewOrder, within patience: Duration, make: @escaping Maker) async {
        await withCheckedContinuation { continuation in
            let number = state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.lastWaiter += 1
                state.waiters.append(
                    Waiter(number: state.lastWaiter, version: order.version, continuation: continuation))
                return state.lastWaiter
            }
            guard let number else {
                continuation.resume()
                return
            }
            enter(order, isUrgent: true, make: make)
            Task {
                try? await Task.sleep(for: patience)
                release { $0.number == number }
            }
        }
    }

    /// Forgets what waits; what is under way ends by itself.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.waiting = []
        }
        release { _ in true }
    }

    private func enter(_ order: PreviewOrder, isUrgent: Bool, make: @escaping Maker) {
        let starts = state.withLock { state -> Bool in
            guard !state.isStopped, !state.underWay.contains(order.version) else { return false }
            if isUrgent { state.waiting.removeAll { $0.version == order.version } }
            guard !state.knows(order.version) else { return false }
            if state.waiting.count >= limit {
                state.statistics.dropped += 1
                guard isUrgent else { return false }
                state.waiting.removeLast()
            }
            state.waiting.insert(order, at: isUrgent ? 0 : state.waiting.count)
            return state.underWay.count < workers
        }
        if starts { Task { await work(make) } }
    }

    /// One worker: takes orders until there is none.
    private func work(_ make: Maker) async {
        while let order = take() {
            let start = ContinuousClock.now
            let result = await make(order)
            let took = (ContinuousClock.now - start).components
            end(order, result, milliseconds: took.seconds * 1_000 + took.attoseconds / 1_000_000_000_000_000)
        }
    }

    private func take() -> PreviewOrder? {
        state.withLock { state in
            guard state.underWay.count < workers, !state.waiting.isEmpty else { return nil }
            let order = state.waiting.removeFirst()
            state.underWay.insert(order.version)
            return order
        }
    }

    private func end(_ order: PreviewOrder, _ result: Result, milliseconds: Int64) {
        state.withLock { state in
            state.underWay.remove(order.version)
            state.statistics.milliseconds += milliseconds
            switch result {
            case .made: state.statistics.made += 1
            case .refused: state.statistics.refused += 1
            case .failed: state.statistics.failed += 1
            case .needless: break
            }
        }
        release { $0.version == order.version }
    }

    /// Outside the lock: whoever is resumed may come back at once.
    private func release(_ isMeant: (Waiter) -> Bool) {
        let released = state.withLock { state in
            let released = state.waiters.filter(isMeant)
            state.waiters.removeAll(where: isMeant)
            return released
        }
        for waiter in released { waiter.continuation.resume() }
    }
}
