/// How often, and after which pauses, a request is sent again: exponential back-off with full jitter.
struct RetryPolicy: Sendable {
    /// Times that a request is sent at most.
    var attempts = 4
    /// The first pause is between nothing and this; every further one may be twice as long.
    var base: Duration = .milliseconds(100)
    /// No further try begins later than this after the first one.
    var total: Duration = .seconds(5)

    static let once = RetryPolicy(attempts: 1)

    /// - Parameter attempt: how often it was sent already, from 1 on.
    func pause(after attempt: Int) -> Duration {
        base * (1 << min(max(0, attempt - 1), 10)) * Double.random(in: 0..<1)
    }
}
