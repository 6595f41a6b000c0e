import Database
import Synchronization

/// Answers of reads that stay right until somebody commits.
///
/// An entry is served only while this process has not committed anything since the entry was read, and for at most a
/// second after the reading of it began, since other nodes and commands at the terminal write, too.
final class FreshCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    static var freshFor: Duration { .seconds(1) }

    private struct State {
        var commit: UInt64 = .max
        /// Counts how often everything was forgotten.
        var generation: UInt64 = 0
        var since: Duration = .zero
        var weight = 0
        var values: [Key: Value] = [:]

        mutating func forget() {
            if !values.isEmpty { values.removeAll(keepingCapacity: true) }
            weight = 0
        }
    }

    private let database: any Database
    private let limit: Int
    private let steady: any SteadyClock
    private let state = Mutex<State>(State())

    /// - Parameter limit: sum of the weights kept.
    init(database: any Database, limit: Int, steady: any SteadyClock) {
        self.database = database
        self.limit = limit
        self.steady = steady
    }

    /// The kept answer, or the one that `read` gives now.
    func value(
        _ key: Key, weight: (Value) -> Int = { _ in 1 }, read: () async throws -> Value
    ) async throws -> Value {
        let commit = database.commitCount
        let now = steady.elapsed()
        let (kept, generation) = state.withLock { state -> (Value?, UInt64) in
            if state.commit != commit || now - state.since >= Self.freshFor {
                state.forget()
                state.generation += 1
                state.commit = commit
                state.since = now
            }
            return (state.values[key], state.generation)
        }
        if let kept { return kept }
        let value = try await read()
        let added = weight(value)
        state.withLock { state in
            // Only what was read after the commit, and within the second, that it is filed under.
            guard state.generation == generation, added <= limit else { return }
            if state.weight + added > limit { state.forget() }
            state.values[key] = value
            state.weight += added
        }
        return value
    }
}
