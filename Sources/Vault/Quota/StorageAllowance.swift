public import Database

/// How much a space may hold. What the core needs from above; Billing answers it from the subscription.
public protocol StorageAllowance: Sendable {
    /// Limit of a space in bytes, counting live and trashed current versions.
    func limit(of space: SpaceID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int64
}

/// The same limit for everybody, unless an account's own row says otherwise. 20 GiB by default (requirements/1, User).
public struct FixedAllowance: StorageAllowance {
    public static let defaultLimit: Int64 = 21_474_836_480

    private let bytes: Int64

    public init(bytes: Int64 = FixedAllowance.defaultLimit) { self.bytes = bytes }

    public func limit(of space: SpaceID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int64 {
        let own = try reading.first(
            "SELECT a.storage_limit FROM spaces s JOIN accounts a ON a.id = s.owner_id WHERE s.id = \(space)",
            { $0.optionalInteger(0) })
        return (own ?? nil) ?? bytes
    }
}
