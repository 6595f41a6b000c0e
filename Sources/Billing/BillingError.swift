public import Database

/// What billing may refuse.
public enum BillingError: Error, Equatable, Sendable {
    case unknownPlan(PlanID)
    /// The plan is not sold for this period.
    case notSold(PlanID, per: BillingPeriod)
    /// The free plan is what everybody has without a subscription; nobody subscribes to it.
    case freeNeedsNoSubscription
    /// A subscription that would be over before it begins.
    case alreadyOver(until: Timestamp)
    /// A price from an earlier moment on would rewrite what people were offered.
    case priceInThePast(from: Timestamp)
    /// Prices are never below zero.
    case negativePrice(Money)
    /// A row of this table says something that this program cannot read.
    case unreadable(table: String)
}
