import Synchronization

/// A count that many threads may add to without a lock.
public final class Counter: Sendable {
    private let storage = Atomic<Int64>(0)

    /// Starts at zero.
    public init() {}

    /// The count now.
    public var value: Int64 { storage.load(ordering: .relaxed) }

    /// Adds to the count and returns the new one.
    @discardableResult
    public func add(_ amount: Int64) -> Int64 {
        storage.wrappingAdd(amount, ordering: .relaxed).newValue
    }
}
