public import Database

/// The plans on offer. Prices are a history: a new one is a new row, and the old rows stay as they are.
public struct PlanCatalogue: Sendable {
    public init() {}

    /// All plans at the prices of the moment of reading, in the order they are shown.
    public func plans(in reading: borrowing some SQLReading & ~Copyable) throws -> [Plan] {
        try plans(where: "1 = 1", in: reading)
    }

    public func plan(_ id: PlanID, in reading: borrowing some SQLReading & ~Copyable) throws -> Plan? {
        try plans(where: "id = \(id)", in: reading).first
    }

    /// What the plan costs at the moment of reading.
    /// - Throws: `BillingError.unknownPlan`, `.notSold`.
    public func price(
        of plan: PlanID, per period: BillingPeriod, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> PlanPrice {
        let current = try reading.first(
            """
            SELECT \(Self.priceColumns) FROM plan_prices
            WHERE plan_id = \(plan) AND period = \(period) AND valid_from <= \(reading.now)
            ORDER BY valid_from DESC LIMIT 1
            """
        ) { try PlanPrice($0) }
        if let current { return current }
        guard try reading.exists("SELECT 1 FROM plans WHERE id = \(plan)") else { throw BillingError.unknownPlan(plan) }
        throw BillingError.notSold(plan, per: period)
    }

    /// Every price the plan ever had or is going to have, oldest first; at most 1,000.
    public func priceHistory(
        of plan: PlanID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [PlanPrice] {
        try reading.all(
            """
            SELECT \(Self.priceColumns) FROM plan_prices WHERE plan_id = \(plan) ORDER BY valid_from, id LIMIT 1000
            """
        ) { try PlanPrice($0) }
    }

    /// Sets what the plan costs from a moment on, now unless said otherwise. Subscriptions keep the price they began with.
    ///
    /// Part of a use case: the caller checks the right to do this and journals it in the same transaction.
    /// - Throws: `BillingError.unknownPlan`, `.priceInThePast`, `.negativePrice`; `DatabaseError.constraint` when
    ///   another price begins in that very millisecond.
    @discardableResult
    public func setPrice(
        _ price: Money, of plan: PlanID, per period: BillingPeriod, from moment: Timestamp? = nil,
        in transaction: borrowing Transaction
    ) throws -> PlanPrice {
        let moment = moment ?? transaction.now
        guard moment >= transaction.now else { throw BillingError.priceInThePast(from: moment) }
        guard price.minorUnits >= 0 else { throw BillingError.negativePrice(price) }
        guard try transaction.exists("SELECT 1 FROM plans WHERE id = \(plan)") else {
            throw BillingError.unknownPlan(plan)
        }
        let row = try transaction.first(
            """
            INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from)
            VALUES (\(plan), \(period), \(price.minorUnits), \(price.currency.code), \(moment))
            RETURNING \(Self.priceColumns)
            """
        ) { try PlanPrice($0) }
        guard let row else { throw BillingError.unreadable(table: "plan_prices") }
        return row
    }

    static let priceColumns: SQL = "id, plan_id, period, amount, currency, valid_from"

    /// Three statements however many plans there are.
    private func plans(where condition: SQL, in reading: borrowing some SQLReading & ~Copyable) throws -> [Plan] {
        var features: [String: Set<PlanFeature>] = [:]
        try reading.forEach("SELECT plan_id, feature FROM plan_features ORDER BY plan_id, feature") { row in
            // A feature that this program does not know is one it cannot give.
            if let feature = PlanFeature(rawValue: row.text(1)) { features[row.text(0), default: []].insert(feature) }
            return .more
        }
        let prices = try reading.all(
            """
            SELECT \(Self.priceColumns) FROM plan_prices p
            WHERE valid_from <= \(reading.now) AND NOT EXISTS (
                SELECT 1 FROM plan_prices later
                WHERE later.plan_id = p.plan_id AND later.period = p.period
                    AND later.valid_from > p.valid_from AND later.valid_from <= \(reading.now))
            ORDER BY plan_id, period
            """
        ) { try PlanPrice($0) }
        return try reading.all(
            """
            SELECT id, name, storage_limit, version_retention_days FROM plans WHERE \(condition) ORDER BY position, id
            """
        ) { row in
            let id = try PlanID(stored: row.text(0))
            return Plan(
                id: id, name: row.text(1), storageLimit: row.integer(2), versionRetentionDays: row.optionalInt(3),
                features: features[id.rawValue] ?? [], prices: prices.filter { $0.plan == id })
        }
    }
}

extension PlanID {
    init(stored text: String) throws(BillingError) {
        guard let id = PlanID(rawValue: text) else { throw .unreadable(table: "plans") }
        self = id
    }
}

extension PlanPrice {
    /// Columns as in `PlanCatalogue.priceColumns`, the first of them at `offset`.
    init(_ row: borrowing Row, at offset: Int = 0) throws {
        guard let period = BillingPeriod(rawValue: row.text(offset + 2)),
            let currency = Currency(code: row.text(offset + 4))
        else { throw BillingError.unreadable(table: "plan_prices") }
        self.init(
            id: row.integer(offset), plan: try PlanID(stored: row.text(offset + 1)), period: period,
            price: Money(minorUnits: row.integer(offset + 3), currency), validFrom: row.timestamp(offset + 5))
    }
}
