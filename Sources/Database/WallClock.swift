import Synchronization

/// Tells what time it is. Passed in wherever time matters, so that tests can turn it.
public protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// A clock that stands still until it is turned. For tests.
public final class FixedClock: WallClock {
    private let moment: Mutex<Timestamp>

    public init(_ moment: Timestamp = Timestamp(milliseconds: 1_729_953_000_000)) {
        self.moment = Mutex(moment)
    }

    public func now() -> Timestamp {
        moment.withLock { $0 }
    }

    public func advance(seconds: Int64) {
        moment.withLock { $0 = $0.advanced(bySeconds: seconds) }
    }

    public func advance(milliseconds: Int64) {
        moment.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
}
