import Synchronization

/// How deliveries fared on this node since it started, and what waited when it last looked.
public final class DeliveryStatistics: Sendable {
    public struct Counts: Sendable, Equatable {
        public var delivered: Int64 = 0
        public var failures: Int64 = 0
        public var waiting: Int64 = 0
        /// Age of the oldest that waits, in seconds.
        public var oldestSeconds: Int64 = 0
    }

    private let counts = Mutex<[DeliveryTarget: Counts]>([:])

    /// By target, in order; only those that had anything to do.
    public var all: [(target: DeliveryTarget, counts: Counts)] {
        counts.withLock { counts in
            counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
        }
    }

    func delivered(_ target: DeliveryTarget) { counts.withLock { $0[target, default: Counts()].delivered += 1 } }

    func failed(_ target: DeliveryTarget) { counts.withLock { $0[target, default: Counts()].failures += 1 } }

    func note(waiting: [(DeliveryTarget, Int64, Int64)]) {
        counts.withLock { counts in
            for target in counts.keys {
                counts[target]?.waiting = 0
                counts[target]?.oldestSeconds = 0
            }
            for (target, count, oldest) in waiting {
                counts[target, default: Counts()].waiting = count
                counts[target]?.oldestSeconds = oldest
            }
        }
    }
}
