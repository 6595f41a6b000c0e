public import Database
public import Vault

/// Answers a space's limit from what its owner subscribes to.
///
/// In this order: the plan of the owner's current subscription, the limit in the owner's own account row, the limit the
/// operator set for everybody else, the free plan. One statement, each table found by its key: it runs in every upload's
/// transaction, so a subscription that begins, ends or runs out counts for the very next byte.
public struct SubscriptionAllowance: StorageAllowance {
    private let unsubscribed: Int64?

    /// - Parameter unsubscribed: limit in bytes of accounts for which neither a plan nor their own row says anything;
    ///   `nil` for that of the free plan.
    public init(unsubscribed: Int64? = nil) { self.unsubscribed = unsubscribed }

    public func limit(of space: SpaceID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int64 {
        let limit = try reading.first(Self.statement(space, at: reading.now, unsubscribed), { $0.optionalInteger(0) })
        guard let limit = limit ?? nil else { throw BillingError.unknownPlan(.free) }
        return limit
    }

    static func statement(_ space: SpaceID, at moment: Timestamp, _ unsubscribed: Int64?) -> SQL {
        """
        SELECT COALESCE(
            (SELECT COALESCE(p.storage_limit, a.storage_limit)
             FROM spaces s JOIN accounts a ON a.id = s.owner_id
             LEFT JOIN subscriptions u
                 ON u.account_id = a.id AND u.status = 'active' AND (u.until IS NULL OR u.until > \(moment))
             LEFT JOIN plans p ON p.id = u.plan_id
             WHERE s.id = \(space)),
            \(unsubscribed),
            (SELECT storage_limit FROM plans WHERE id = 'free'))
        """
    }
}
