import Synchronization
import Testing

@testable import Vault

/// What waits to be made, and in which order.
@Suite struct PreviewQueueTests {
    private func order(_ number: Int) -> PreviewOrder {
        PreviewOrder(node: NodeID(1), version: VersionID(UInt128(number)), number: number)
    }

    /// Makes nothing until it is let.
    private final class Gate: Sendable {
        private struct State {
            var begun: [Int] = []
            var held: [CheckedContinuation<Void, Never>] = []
            var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
            var isOpen = false
        }
        private let state = Mutex(State())

        var begun: [Int] { state.withLock { $0.begun } }

        func make(_ order: PreviewOrder) async -> PreviewQueue.Result {
            await withCheckedContinuation { continuation in
                let resumed = state.withLock { state in
                    state.begun.append(order.number)
                    if !state.isOpen { state.held.append(continuation) }
                    var resumed = state.isOpen ? [continuation] : []
                    resumed += state.watchers.filter { state.begun.count >= $0.count }.map(\.continuation)
                    state.watchers.removeAll { state.begun.count >= $0.count }
                    return resumed
                }
                for one in resumed { one.resume() }
            }
            return .made
        }

        /// Returns when so many have begun.
        func begun(_ count: Int) async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.begun.count >= count { return true }
                    state.watchers.append((count, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        }

        func open() {
            let held = state.withLock { state in
                state.isOpen = true
                defer { state.held = [] }
                return state.held
            }
            for one in held { one.resume() }
        }
    }

    @Test func noMoreAreMadeAtOnceThanThereAreWorkers() async {
        let gate = Gate()
        let queue = PreviewQueue(limit: 10, workers: 2)
        for number in 1...5 { queue.add(order(number)) { await gate.make($0) } }
        await gate.begun(2)
        #expect(gate.begun.count == 2)
        #expect(queue.statistics.waiting == 3)
        gate.open()
        await gate.begun(5)
        #expect(Set(gate.begun) == Set(1...5))
    }

    @Test func whoIsWaitedForGoesBeforeAllOthers() async {
        let gate = Gate()
        let queue = PreviewQueue(limit: 10, workers: 1)
        for number in 1...4 { queue.add(order(number)) { await gate.make($0) } }
        await gate.begun(1)
        async let waited: Void = queue.settle(order(4), within: .seconds(60)) { await gate.make($0) }
        async let other: Void = queue.settle(order(9), within: .seconds(60)) { await gate.make($0) }
        while queue.statistics.waiting < 4 { await Task.yield() }
        gate.open()
        await waited
        await other
        await gate.begun(5)
        // The one under way, then the two that somebody waits for, then the rest in their order.
        #expect(gate.begun.first == 1)
        #expect(Set(gate.begun[1...2]) == [4, 9])
        #expect(Array(gate.begun[3...]) == [2, 3])
    }

    @Test func aFullQueueDropsTheLastAndNeverGrows() async {
        let gate = Gate()
        let queue = PreviewQueue(limit: 3, workers: 1)
        queue.add(order(1)) { await gate.make($0) }
        await gate.begun(1)
        for number in 2...9 { queue.add(order(number)) { await gate.make($0) } }
        #expect(queue.statistics.waiting == 3)
        #expect(queue.statistics.dropped == 5)
        async let waited: Void = queue.settle(order(20), within: .seconds(60)) { await gate.make($0) }
        while queue.statistics.dropped < 6 { await Task.yield() }
        #expect(queue.statistics.waiting == 3)
        gate.open()
        await waited
        await gate.begun(4)
        #expect(gate.begun == [1, 20, 2, 3])
    }

    @Test func whatIsAskedForTwiceIsMadeOnce() async {
        let gate = Gate()
        let queue = PreviewQueue(limit: 10, workers: 1)
        queue.add(order(1)) { await gate.make($0) }
        await gate.begun(1)
        queue.add(order(1)) { await gate.make($0) }
        queue.add(order(2)) { await gate.make($0) }
        queue.add(order(2)) { await gate.make($0) }
        #expect(queue.statistics.waiting == 1)
        gate.open()
        await gate.begun(2)
        #expect(gate.begun == [1, 2])
    }

    @Test func nobodyWaitsForEver() async {
        let gate = Gate()
        let queue = PreviewQueue(limit: 10, workers: 1)
        await queue.settle(order(1), within: .milliseconds(1)) { await gate.make($0) }
        await gate.begun(1)
        async let waited: Void = queue.settle(order(2), within: .seconds(60)) { await gate.make($0) }
        while queue.statistics.waiting < 1 { await Task.yield() }
        queue.stop()
        await waited
        #expect(queue.statistics.waiting == 0)
        gate.open()
    }
}
