/// What an operator may set about what leaves the machine.
public struct DeliverySettings: Sendable {
    /// What is set up; nothing is queued for any other.
    public var targets: Set<DeliveryTarget> = []
    /// At least so long between two checkpoints by mail, in seconds.
    public var mailInterval: Int64 = 86_400
    /// How long a delivery is tried before it is given up, in seconds.
    public var patience: Int64 = 3 * 86_400
    /// Deliveries that may wait for one target; the oldest is given up for a new one.
    public var mostWaiting: Int64 = 1_000
    /// How long those that ended are shown, in seconds.
    public var kept: Int64 = 90 * 86_400

    public init() {}
}

/// When a failed delivery is tried again: after 10 s, then twice as long each time, up to an hour, and up to a quarter more,
/// so that many vaults do not come back to one receiver at once.
enum DeliveryBackoff {
    static let first: Int64 = 10_000
    static let longest: Int64 = 3_600_000

    /// In milliseconds.
    /// - Parameters:
    ///   - attempts: how many failed, 1 or more.
    ///   - seed: the same for the same delivery.
    static func pause(after attempts: Int, seed: UInt64) -> Int64 {
        let doublings = min(max(attempts, 1) - 1, 20)
        let pause = min(first << Int64(doublings), longest)
        // SplitMix64's finalizer: any of its bits will do.
        var mixed = seed &+ UInt64(truncatingIfNeeded: attempts) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return pause + Int64((mixed ^ (mixed >> 31)) % UInt64(pause / 4 + 1))
    }
}
