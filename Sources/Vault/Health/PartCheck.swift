import Synchronization

/// Asks a part whether it works, without ever waiting long for it.
///
/// Askers that come together share one question, and an answer counts for a second, so that a storm of probes adds no
/// load. A part that hangs has one question waiting at it, never more: until that one returns everybody is told at once
/// that there is no answer.
public final class PartCheck<Answer: Sendable>: Sendable {
    public struct Outcome: Sendable {
        /// `nil` when the part failed, or did not answer in time.
        public let answer: Answer?
        /// How long it took, or how long was waited.
        public let took: Duration
    }

    private struct Question {
        let number: Int
        var isLate = false
        var askers: [CheckedContinuation<Outcome, Never>] = []
    }

    private struct State {
        var latest: (outcome: Outcome, at: Duration)?
        var pending: Question?
        var lastNumber = 0
    }

    private enum Next {
        case told(Outcome)
        case waiting
        case ask(Int)
    }

    private static var freshFor: Duration { .seconds(1) }

    private let deadline: Duration
    private let steady: any SteadyClock
    private let ask: @Sendable () async throws -> Answer
    private let state = Mutex(State())

    /// - Parameters:
    ///   - deadline: how long is waited for an answer, by the machine's clock.
    ///   - steady: what the age of an answer is measured by.
    public init(
        within deadline: Duration, steady: any SteadyClock, ask: @escaping @Sendable () async throws -> Answer
    ) {
        self.deadline = deadline
        self.steady = steady
        self.ask = ask
    }

    public func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let now = steady.elapsed()
            let next = state.withLock { state -> Next in
                if let latest = state.latest, now - latest.at < Self.freshFor { return .told(latest.outcome) }
                if let pending = state.pending {
                    if pending.isLate { return .told(Outcome(answer: nil, took: deadline)) }
                    state.pending?.askers.append(continuation)
                    return .waiting
                }
                state.lastNumber += 1
                state.pending = Question(number: state.lastNumber, askers: [continuation])
                return .ask(state.lastNumber)
            }
            switch next {
            case .told(let outcome): continuation.resume(returning: outcome)
            case .waiting: break
            case .ask(let number): begin(number)
            }
        }
    }

    /// Nobody waits for these tasks: a part that hangs would hold up whoever did.
    private func begin(_ number: Int) {
        Task { [self] in
            let start = ContinuousClock.now
            let answer = try? await ask()
            end(number, Outcome(answer: answer, took: ContinuousClock.now - start))
        }
        Task { [self] in
            try? await Task.sleep(for: deadline)
            giveUp(number)
        }
    }

    private func end(_ number: Int, _ outcome: Outcome) {
        let now = steady.elapsed()
        let askers = state.withLock { state -> [CheckedContinuation<Outcome, Never>] in
            guard let pending = state.pending, pending.number == number else { return [] }
            state.pending = nil
            state.latest = (outcome, now)
            return pending.askers
        }
        for asker in askers { asker.resume(returning: outcome) }
    }

    private func giveUp(_ number: Int) {
        let askers = state.withLock { state -> [CheckedContinuation<Outcome, Never>] in
            guard let pending = state.pending, pending.number == number else { return [] }
            state.pending = Question(number: number, isLate: true)
            return pending.askers
        }
        for asker in askers { asker.resume(returning: Outcome(answer: nil, took: deadline)) }
    }
}
