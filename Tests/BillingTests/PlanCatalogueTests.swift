import Billing
import Database
import Testing
import VaultTesting

@Suite struct PlanCatalogueTests {
    private let catalogue = PlanCatalogue()

    @Test func aNewVaultHasThreePlans() async throws {
        try await withBilling { world, _ in
            let plans = try await world.database.read { try catalogue.plans(in: $0) }
            #expect(plans.map(\.id) == [.free, .standard, .premium])
            #expect(plans.map(\.storageLimit) == [21_474_836_480, 200 * gibibyte, 2_048 * gibibyte])
            #expect(plans.map(\.versionRetentionDays) == [90, 365, nil])
            #expect(plans.map(\.features) == [[], [], [.advancedTransformations]])
            #expect(plans.map { $0.prices.map(\.period) } == [[.month], [.month, .year], [.month, .year]])
            #expect(plans[0].price(per: .month)?.price == .zero(.xof))
            #expect(plans[0].price(per: .year) == nil)
            #expect(plans[1].price(per: .month)?.price == Money(minorUnits: 2_500, .xof))
            #expect(try await world.database.read { try catalogue.plan(.premium, in: $0) } == plans[2])
        }
    }

    @Test func seedingAgainChangesNothing() async throws {
        try await withBilling { world, _ in
            try await world.execute("UPDATE plans SET storage_limit = 5, name = 'Petit' WHERE id = 'free'")
            try await world.database.write { transaction in
                _ = try catalogue.setPrice(Money(minorUnits: 3_000, .xof), of: .standard, per: .month, in: transaction)
            }
            let before = try await world.database.read { try catalogue.plans(in: $0) }
            try await Migrator.migrate(world.database, BillingSchema.migrations, schema: BillingSchema.name)
            let after = try await world.database.read { try catalogue.plans(in: $0) }
            #expect(after == before)
            #expect(after.first?.storageLimit == 5)
            #expect(try await world.database.read { try catalogue.priceHistory(of: .standard, in: $0) }.count == 3)
        }
    }

    @Test func aNewPriceLeavesTheOldOneStanding() async throws {
        try await withBilling { world, _ in
            let old = try await world.database.read { try catalogue.price(of: .standard, per: .month, in: $0) }
            let new = try await world.database.write { transaction in
                try catalogue.setPrice(Money(minorUnits: 4_50, .eur), of: .standard, per: .month, in: transaction)
            }
            #expect(try await world.database.read { try catalogue.price(of: .standard, per: .month, in: $0) } == new)
            let plan = try await world.database.read { try catalogue.plan(.standard, in: $0) }
            #expect(plan?.prices.count == 2)
            #expect(plan?.price(per: .month) == new)
            #expect(try await world.database.read { try catalogue.priceHistory(of: .standard, in: $0) }.contains(old))
        }
    }

    @Test func aPriceSetAheadHoldsFromItsMomentOn() async throws {
        try await withBilling { world, _ in
            let moment = world.day(30)
            let new = try await world.database.write { transaction in
                try catalogue.setPrice(
                    Money(minorUnits: 9_000, .xof), of: .premium, per: .month, from: moment, in: transaction)
            }
            #expect(new.validFrom == moment)
            let today = try await world.database.read { try catalogue.plan(.premium, in: $0) }
            #expect(today?.price(per: .month)?.price == Money(minorUnits: 10_000, .xof))
            world.clock.advance(seconds: 30 * 86_400)
            #expect(try await world.database.read { try catalogue.price(of: .premium, per: .month, in: $0) } == new)
        }
    }

    @Test func pricesThatCannotBeAreRefused() async throws {
        try await withBilling { world, _ in
            let one = Money(minorUnits: 1, .xof)
            let debt = Money(minorUnits: -1, .xof)
            let gold = try #require(PlanID(rawValue: "gold"))
            let past = Timestamp(milliseconds: world.clock.now().milliseconds - 1)
            await #expect(throws: BillingError.priceInThePast(from: past)) {
                try await world.database.write {
                    _ = try catalogue.setPrice(one, of: .free, per: .month, from: past, in: $0)
                }
            }
            await #expect(throws: BillingError.negativePrice(debt)) {
                try await world.database.write { _ = try catalogue.setPrice(debt, of: .free, per: .month, in: $0) }
            }
            await #expect(throws: BillingError.unknownPlan(gold)) {
                try await world.database.write { _ = try catalogue.setPrice(one, of: gold, per: .month, in: $0) }
            }
            await #expect(throws: BillingError.unknownPlan(gold)) {
                try await world.database.read { _ = try catalogue.price(of: gold, per: .month, in: $0) }
            }
            await #expect(throws: BillingError.notSold(.free, per: .year)) {
                try await world.database.read { _ = try catalogue.price(of: .free, per: .year, in: $0) }
            }
        }
    }

    @Test(
        arguments: [
            "UPDATE plan_prices SET amount = 1", "DELETE FROM plan_prices", "DELETE FROM plans WHERE id = 'free'",
            "UPDATE plans SET storage_limit = 0", "DELETE FROM subscriptions",
            "INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from) VALUES ('gold', 'month', 1, 'XOF', 0)",
            "INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from) VALUES ('free', 'day', 1, 'XOF', 0)",
            "INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from) VALUES ('free', 'year', -1, 'XOF', 0)",
        ] as [SQL])
    func theTablesThemselvesRefuseToForget(_ statement: SQL) async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            try await world.database.write { transaction in
                _ = try subscriptions.begin(.standard, per: .month, for: alex.account, until: nil, in: transaction)
            }
            await #expect(throws: DatabaseError.self) { try await world.execute(statement) }
        }
    }

    @Test func aPriceOfAnUnknownCurrencyIsNotGuessed() async throws {
        try await withBilling { world, _ in
            try await world.execute(
                "INSERT INTO plan_prices (plan_id, period, amount, currency, valid_from) VALUES ('free', 'year', 1, 'FRF', 0)"
            )
            await #expect(throws: BillingError.unreadable(table: "plan_prices")) {
                try await world.database.read { _ = try catalogue.plans(in: $0) }
            }
        }
    }

    @Test(arguments: ["", "Free", "a b", "é", "x'y", String(repeating: "a", count: 33)])
    func aPlanIDIsAShortLowerCaseWord(_ text: String) {
        #expect(PlanID(rawValue: text) == nil)
    }
}
