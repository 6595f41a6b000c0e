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
        /// Readings under way, by what they read.
        var readings: [Key: Reading] = [:]

        mutating func forget() {
            if !values.isEmpty { values.removeAll(keepingCapacity: true) }
            weight = 0
        }
    }

    /// A reading that others of the same generation wait for, too.
    private struct Reading {
        let generation: UInt64
        var waiting: [CheckedContinuation<Value?, Never>] = []
    }

    private enum Turn {
        case kept(Value)
        case join(UInt64)
        case read(UInt64)
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

    /// The kept answer, or the one that `read` gives now. Callers that come while it is read wait for it: when an answer
    /// that many want is forgotten, it is read once.
    func value(
        _ key: Key, weight: (Value) -> Int = { _ in 1 }, read: () async throws -> Value
    ) async throws -> Value {
        let generation: UInt64
        switch turn(for: key) {
        case .kept(let value): return value
        case .join(let current):
            if let value = await joined(key, current) { return value }
            // It failed for the other caller, or ended meanwhile: this one sees for itself.
            generation = current
        case .read(let current): generation = current
        }
        do {
            let value = try await read()
            end(key, generation, value, weight: weight(value))
            return value
        } catch {
            end(key, generation, nil, weight: 0)
            throw error
        }
    }

    private func turn(for key: Key) -> Turn {
        let commit = database.commitCount
        let now = steady.elapsed()
        return state.withLock { state in
            if state.commit != commit || now - state.since >= Self.freshFor {
                state.forget()
                state.generation += 1
                state.commit = commit
                state.since = now
            }
            if let value = state.values[key] { return .kept(value) }
            // A reading of this generation began after the latest commit and within the second.
            if state.readings[key]?.generation == state.generation { return .join(state.generation) }
            if state.readings[key] == nil { state.readings[key] = Reading(generation: state.generation) }
            return .read(state.generation)
        }
    }

    private func joined(_ key: Key, _ generation: UInt64) async -> Value? {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.readings[key]?.generation == generation else { return true }
                state.readings[key]?.waiting.append(continuation)
                return false
            }
            if isOver { continuation.resume(returning: nil) }
        }
    }

    private func end(_ key: Key, _ generation: UInt64, _ value: Value?, weight added: Int) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
            var waiting: [CheckedContinuation<Value?, Never>] = []
            if let reading = state.readings[key], reading.generation == generation {
                waiting = reading.waiting
                state.readings[key] = nil
            }
            // Only what was read after the commit, and within the second, that it is filed under.
            if let value, state.generation == generation, added <= limit {
                if state.weight + added > limit { state.forget() }
                state.values[key] = value
                state.weight += added
            }
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }
}
