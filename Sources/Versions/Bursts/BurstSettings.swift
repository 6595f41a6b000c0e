/// What counts as an unusual rate of rewriting.
public struct BurstSettings: Sendable, Equatable {
    /// Different files changed within the window from which on somebody looks at it; 0 turns the watch off.
    public var files = 50
    /// In seconds.
    public var window: Int64 = 60
    /// How many times more than usual for the person it must be.
    public var factor = 10
    /// After a burst was told of, and while it goes on, nobody is told again for so long. In seconds.
    public var quiet: Int64 = 15 * 60
    /// The days before, by which it is known what is usual.
    public var habitDays: Int64 = 7

    public init() {}
}
