public import Database
public import Vault

/// The statements on `subscriptions`. An account has at most one that holds.
///
/// Beginning and ending are parts of use cases: the caller opens the transaction, checks the right and journals the act.
public struct Subscriptions: Sendable {
    private let ids: IDGenerator
    private let catalogue = PlanCatalogue()

    public init(ids: IDGenerator) { self.ids = ids }

    /// Gives the account a plan from now on, in place of what it had.
    /// - Parameter until: the first moment it no longer holds; `nil` sets no end.
    /// - Throws: `BillingError.freeNeedsNoSubscription`, `.unknownPlan`, `.notSold`, `.alreadyOver`;
    ///   `DatabaseError.constraint` when there is no such account.
    @discardableResult
    public func begin(
        _ plan: PlanID, per period: BillingPeriod, for account: AccountID, until: Timestamp?,
        in transaction: borrowing Transaction
    ) throws -> Subscription {
        guard plan != .free else { throw BillingError.freeNeedsNoSubscription }
        if let until, until <= transaction.now { throw BillingError.alreadyOver(until: until) }
        let price = try catalogue.price(of: plan, per: period, in: transaction)
        try end(for: account, in: transaction)
        let id: SubscriptionID = ids.next()
        try transaction.run(
            """
            INSERT INTO subscriptions (id, account_id, plan_id, price_id, status, since, until)
            VALUES (\(id), \(account), \(plan), \(price.id), 'active', \(transaction.now), \(until))
            """)
        return Subscription(
            id: id, account: account, plan: plan, price: price, since: transaction.now, until: until, endedAt: nil)
    }

    /// Ends what the account has, now; what ran out before ended then.
    /// - Returns: whether there was a subscription to end.
    @discardableResult
    public func end(for account: AccountID, in transaction: borrowing Transaction) throws -> Bool {
        try transaction.run(
            """
            UPDATE subscriptions
            SET status = 'ended', ended_at = CASE WHEN until < \(transaction.now) THEN until ELSE \(transaction.now) END
            WHERE account_id = \(account) AND status = 'active'
            """) > 0
    }

    /// The subscription that holds at the moment of reading; `nil` for an account on the free plan.
    public func current(
        of account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Subscription? {
        try reading.first(
            """
            SELECT \(Self.columns) FROM subscriptions s JOIN plan_prices p ON p.id = s.price_id
            WHERE s.account_id = \(account) AND s.status = 'active' AND (s.until IS NULL OR s.until > \(reading.now))
            """
        ) { try Subscription($0) }
    }

    /// What the account has and had, newest first; at most 1,000.
    public func history(
        of account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Subscription] {
        try reading.all(
            """
            SELECT \(Self.columns) FROM subscriptions s JOIN plan_prices p ON p.id = s.price_id
            WHERE s.account_id = \(account) ORDER BY s.since DESC, s.id DESC LIMIT 1000
            """
        ) { try Subscription($0) }
    }

    fileprivate static let columns: SQL = """
        s.id, s.account_id, s.since, s.until, s.ended_at, p.id, p.plan_id, p.period, p.amount, p.currency, p.valid_from
        """
}

extension Subscription {
    /// Columns as in `Subscriptions.columns`.
    fileprivate init(_ row: borrowing Row) throws {
        let price = try PlanPrice(row, at: 5)
        self.init(
            id: ID(row.uuid(0)), account: ID(row.uuid(1)), plan: price.plan, price: price, since: row.timestamp(2),
            until: row.optionalTimestamp(3), endedAt: row.optionalTimestamp(4))
    }
}
