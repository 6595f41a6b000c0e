import Database
import Synchronization
import Testing
import VaultTesting

@testable import Vault

@Suite struct PartCheckTests {
    private struct Broken: Error {}

    /// Questions that a test answers when it likes.
    private final class Part: Sendable {
        private let asked = Mutex((count: 0, answers: [CheckedContinuation<Int, any Error>]()))
        let arrivals: AsyncStream<Void>
        private let arrived: AsyncStream<Void>.Continuation

        init() { (arrivals, arrived) = AsyncStream<Void>.makeStream() }

        var count: Int { asked.withLock { $0.count } }

        @Sendable func ask() async throws -> Int {
            try await withCheckedThrowingContinuation { continuation in
                asked.withLock { asked in
                    asked.count += 1
                    asked.answers.append(continuation)
                }
                arrived.yield()
            }
        }

        func answer(_ result: Result<Int, any Error>) {
            let waiting = asked.withLock { asked in
                defer { asked.answers = [] }
                return asked.answers
            }
            for one in waiting { one.resume(with: result) }
        }
    }

    @Test func aStormOfAskersIsOneQuestionAndItsAnswerCountsForASecond() async throws {
        let clock = FixedClock()
        let part = Part()
        let check = PartCheck(within: .seconds(600), steady: clock, ask: part.ask)
        let askers = Task {
            await withTaskGroup { group in
                for _ in 0..<100 { group.addTask { await check.outcome().answer } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        var arrivals = part.arrivals.makeAsyncIterator()
        await arrivals.next()
        part.answer(.success(7))
        #expect(await askers.value == [Int?](repeating: 7, count: 100))
        #expect(part.count == 1)
        clock.advance(milliseconds: 999)
        #expect(await check.outcome().answer == 7)
        #expect(part.count == 1)
        clock.advance(milliseconds: 1)
        async let next = check.outcome().answer
        await arrivals.next()
        part.answer(.failure(Broken()))
        #expect(await next == nil)
        #expect(part.count == 2)
    }

    @Test func aPartThatHangsIsAskedOnceAndAnswersCountAgainWhenItIsBack() async throws {
        let clock = FixedClock()
        let part = Part()
        let check = PartCheck(within: .milliseconds(10), steady: clock, ask: part.ask)
        #expect(await check.outcome().answer == nil)
        for _ in 0..<100 {
            clock.advance(seconds: 1)
            #expect(await check.outcome().answer == nil)
        }
        #expect(part.count == 1)
        part.answer(.success(1))
        // The late answer has come by the time that a further question is asked.
        var arrivals = part.arrivals.makeAsyncIterator()
        await arrivals.next()
        while await check.outcome().answer != 1 { await Task.yield() }
        #expect(part.count == 1)
    }
}
