import Outbound
import Synchronization

/// Whether the bucket can be reached, asked at most once a second however many want to know.
final class Reachability: Sendable {
    /// How long an answer counts.
    private static let age: Duration = .seconds(1)

    private struct State {
        var asked: ContinuousClock.Instant?
        var answer: Task<Void, any Error>?
    }

    private let state = Mutex(State())

    /// - Throws: why not.
    func require(_ client: S3Client) async throws {
        let answer = state.withLock { state in
            let now = ContinuousClock.now
            if let answer = state.answer, let asked = state.asked, now - asked < Self.age { return answer }
            let answer = Task { try await Self.ask(client) }
            state.asked = now
            state.answer = answer
            return answer
        }
        try await answer.value
    }

    private static func ask(_ client: S3Client) async throws {
        // One further try at once, and no long wait: who asks wants to know, and asks again.
        var client = client
        client.retry.attempts = min(client.retry.attempts, 2)
        client.patience.total = min(client.patience.total, .seconds(5))
        do {
            _ = try await client.send(S3Request(method: .head, object: nil, answerLimit: 0))
        } catch S3Failure.service(let error) where !error.isTransient {
            // An answer to HEAD cannot say why.
            do {
                _ = try await S3Listing(client: client).page(after: client.location.namePrefix, limit: 1)
            } catch {
                throw client.meaning(of: error)
            }
        } catch {
            throw client.meaning(of: error)
        }
    }
}
