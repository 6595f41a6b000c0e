import Database
import Synchronization

/// Keeps the name indexes of the subtrees that people search in, the longest unused going first.
///
/// An index is brought up to date by what `node_history` says was changed since, so that a search after a change opens a
/// few names, not all of them.
final class NameIndexes: Sendable {
    private struct Kept {
        var index: NameIndex
        var used: UInt64
    }

    private struct State {
        var kept: [NodeID: Kept] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: names kept in all; some 50 bytes each.
    init(limit: Int) { self.limit = limit }

    func index(of root: NodeID) -> NameIndex? {
        state.withLock { state in
            state.uses += 1
            state.kept[root]?.used = state.uses
            return state.kept[root]?.index
        }
    }

    func keep(_ index: NameIndex, of root: NodeID) {
        state.withLock { state in
            guard index.weight <= limit else {
                state.kept[root] = nil
                return
            }
            if let other = state.kept[root], other.index.upTo > index.upTo { return }
            state.uses += 1
            state.kept[root] = Kept(index: index, used: state.uses)
            var weight = state.kept.values.reduce(0) { $0 + $1.index.weight }
            while weight > limit, let oldest = state.kept.min(by: { $0.value.used < $1.value.used }) {
                weight -= oldest.value.index.weight
                state.kept[oldest.key] = nil
            }
        }
    }

    /// After a purge no name outlives its key in memory.
    func forgetAll() { state.withLock { $0.kept = [:] } }
}
