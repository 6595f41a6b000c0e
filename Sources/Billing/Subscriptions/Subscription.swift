public import Database
public import Vault

public enum SubscriptionEntity {}
public typealias SubscriptionID = ID<SubscriptionEntity>

/// A plan that an account has or had, at the price it began with.
public struct Subscription: Sendable, Equatable {
    public let id: SubscriptionID
    public let account: AccountID
    public let plan: PlanID
    public let price: PlanPrice
    public let since: Timestamp
    /// The first moment it no longer holds; `nil` while no end is set.
    public let until: Timestamp?
    /// When it was ended or replaced; `nil` for the account's latest as long as nobody did.
    public let endedAt: Timestamp?

    public enum Status: String, Sendable, Equatable {
        case active
        /// Its time ran out.
        case expired
        /// Somebody ended it, or another took its place.
        case ended
    }

    public func status(at moment: Timestamp) -> Status {
        if endedAt != nil { return .ended }
        if let until, until <= moment { return .expired }
        return .active
    }
}
