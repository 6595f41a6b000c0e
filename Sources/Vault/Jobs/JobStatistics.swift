public import Database
import Synchronization

/// How the jobs of this node fared since it started.
public final class JobStatistics: Sendable {
    public struct Counts: Sendable, Equatable {
        public var runs: Int64 = 0
        public var failures: Int64 = 0
        public var lastSuccess: Timestamp?
    }

    private let counts = Mutex<[String: Counts]>([:])

    /// - Parameter job: one of the program's few names; each is kept for as long as the program runs.
    public func succeeded(_ job: String, at moment: Timestamp) {
        counts.withLock { counts in
            counts[job, default: Counts()].runs += 1
            counts[job]?.lastSuccess = moment
        }
    }

    public func failed(_ job: String) {
        counts.withLock { counts in
            counts[job, default: Counts()].runs += 1
            counts[job]?.failures += 1
        }
    }

    /// By name, in order.
    public var all: [(job: String, counts: Counts)] {
        counts.withLock { counts in counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}
