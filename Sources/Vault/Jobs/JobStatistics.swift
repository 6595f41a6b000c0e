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
    private let removals = Mutex<[String: Int64]>([:])

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

    /// - Parameter kind: one of the program's few words for what a job clears away.
    public func removed(_ kind: String, _ count: Int) {
        removals.withLock { $0[kind, default: 0] += Int64(count) }
    }

    /// How much was cleared away since the start, by kind, in order.
    public var allRemoved: [(kind: String, count: Int64)] {
        removals.withLock { removals in removals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}
