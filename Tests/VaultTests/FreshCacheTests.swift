import Database
import Synchronization
import Testing
import VaultTesting

@testable import Vault

@Suite struct FreshCacheTests {
    private struct Mishap: Error {}

    private func withCache(_ body: (World, FreshCache<Int, String>) async throws -> Void) async throws {
        let world = try await World()
        try await body(world, FreshCache(database: world.database, limit: 10, steady: world.clock))
        await world.close()
    }

    /// A gate that readings wait at.
    private actor Gate {
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var isOpen = false
        private(set) var arrivals = 0

        func pass() async {
            arrivals += 1
            if !isOpen { await withCheckedContinuation { waiting.append($0) } }
        }
        func open() {
            isOpen = true
            for one in waiting { one.resume() }
            waiting = []
        }
    }

    @Test func whatManyWantAtOnceIsReadOnce() async throws {
        try await withCache { _, cache in
            let gate = Gate()
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    try await cache.value(1) {
                        await gate.pass(); return "read"
                    }
                }
                while await gate.arrivals == 0 { await Task.yield() }
                for _ in 0..<20 {
                    group.addTask {
                        try await cache.value(1) {
                            await gate.pass(); return "again"
                        }
                    }
                }
                // Whoever came too late to join reads the kept answer; nobody reads it a second time.
                await gate.open()
                for try await value in group { #expect(value == "read") }
            }
            #expect(await gate.arrivals == 1)
        }
    }

    @Test func aFailureIsItsCallersAloneAndOthersRead() async throws {
        try await withCache { _, cache in
            let gate = Gate()
            let failing = Task<String, any Error> { [cache] in
                try await cache.value(1) {
                    await gate.pass()
                    throw Mishap()
                }
            }
            while await gate.arrivals == 0 { await Task.yield() }
            async let other = cache.value(1) { "read" }
            await gate.open()
            await #expect(throws: Mishap.self) { try await failing.value }
            let second = try await other
            #expect(second == "read")
        }
    }

    @Test func whoCommittedMeanwhileDoesNotJoinAnOlderReading() async throws {
        try await withCache { world, cache in
            let gate = Gate()
            async let older = cache.value(1) {
                await gate.pass(); return "before"
            }
            while await gate.arrivals == 0 { await Task.yield() }
            _ = try await world.person()
            #expect(try await cache.value(1) { "after" } == "after")
            await gate.open()
            let first = try await older
            #expect(first == "before")
            #expect(try await cache.value(1) { "again" } != "before")
        }
    }
}
