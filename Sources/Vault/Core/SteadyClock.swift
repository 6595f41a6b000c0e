public import Database

/// A clock that only goes forward, whatever is done to the time of day. For ages, and for what must end in time.
public protocol SteadyClock: Sendable {
    /// Time since a moment that stays the same while the program runs.
    func elapsed() -> Duration
}

/// The machine's own; goes on while the machine sleeps.
public struct SystemSteadyClock: SteadyClock {
    private let start = ContinuousClock.now

    public init() {}

    public func elapsed() -> Duration { ContinuousClock.now - start }
}

/// One clock that a test turns moves both kinds of time.
extension FixedClock: SteadyClock {
    public func elapsed() -> Duration { .milliseconds(now().milliseconds) }
}
