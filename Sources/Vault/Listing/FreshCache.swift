import Database
import Synchronization

/// Answers of reads that stay right until somebody commits.
///
/// An entry is served only while the database has not committed anything since the entry was read, and for at most a
/// second, since another process (a command at the terminal) may write, too.
final class FreshCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var commit: UInt64 = .max
        var filledAt: ContinuousClock.Instant = .now
        var weight = 0
        var values: [Key: Value] = [:]
    }

    private let database: any Database
    private let limit: Int
    private let state = Mutex<State>(State())

    /// - Parameter limit: sum of the weights kept.
    init(database: any Database, limit: Int) {
        self.database = database
        self.limit = limit
    }

    /// The kept answer, or the one that `read` gives now.
    func value(
        _ key: Key, weight: (Value) -> Int = { _ in 1 }, read: () async throws -> Value
    ) async throws -> Value {
        let commit = database.commitCount
        let kept = state.withLock { state -> Value? in
            if state.commit != commit || ContinuousClock.now - state.filledAt > .seconds(1) {
                if !state.values.isEmpty { state.values.removeAll(keepingCapacity: true) }
                state.weight = 0
                state.commit = commit
                state.filledAt = .now
            }
            return state.values[key]
        }
        if let kept { return kept }
        let value = try await read()
        let added = weight(value)
        state.withLock { state in
            // Only what was read after the commit it is filed under: the count was taken before the read began.
            guard state.commit == commit, added <= limit else { return }
            if state.weight + added > limit {
                state.values.removeAll(keepingCapacity: true)
                state.weight = 0
            }
            state.values[key] = value
            state.weight += added
        }
        return value
    }
}
