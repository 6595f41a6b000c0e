import Database
import Testing
import Vault
import VaultTesting

@testable import Billing

@Suite struct SubscriptionAllowanceTests {
    @Test func withoutASubscriptionTheFreePlanHolds() async throws {
        try await withBilling { world, _ in
            let alex = try await world.person()
            #expect(try await world.limit(alex) == 21_474_836_480)
            #expect(try await world.limit(alex) == FixedAllowance.defaultLimit)
            try await world.execute("UPDATE plans SET storage_limit = 7 WHERE id = 'free'")
            #expect(try await world.limit(alex) == 7)
        }
    }

    @Test func theOrderIsPlanThenAccountThenOperatorThenFreePlan() async throws {
        try await withBilling(unsubscribed: 5_000) { world, subscriptions in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Lee")
            #expect(try await world.limit(alex) == 5_000)
            try await world.execute("UPDATE accounts SET storage_limit = 6000 WHERE id = \(alex.account)")
            #expect(try await world.limit(alex) == 6_000)
            try await world.database.write { transaction in
                _ = try subscriptions.begin(.standard, per: .month, for: alex.account, until: nil, in: transaction)
            }
            #expect(try await world.limit(alex) == 200 * gibibyte)
            #expect(try await world.limit(sam) == 5_000)
        }
    }

    @Test func aSubscriptionCountsForTheVeryNextByte() async throws {
        try await withBilling(unsubscribed: 10) { world, subscriptions in
            let alex = try await world.person()
            try await world.put("12345678", at: "a.txt", as: alex)
            await #expect(throws: VaultError.quotaExceeded(remaining: 2)) {
                try await world.put("123", at: "b.txt", as: alex)
            }
            try await world.database.write { transaction in
                _ = try subscriptions.begin(.standard, per: .month, for: alex.account, until: nil, in: transaction)
            }
            try await world.put("123", at: "b.txt", as: alex)
            #expect(try await world.limit(alex) == 200 * gibibyte)

            // What is stored stays readable when the plan is gone; only more is refused.
            try await world.database.write { _ = try subscriptions.end(for: alex.account, in: $0) }
            await #expect(throws: VaultError.quotaExceeded(remaining: 0)) {
                try await world.put("1", at: "c.txt", as: alex)
            }
            let usage = try await world.vault.accounts.usage(of: alex)
            #expect(usage.limit == 10)
            #expect(usage.counted == 11)
            #expect(usage.remaining == 0)
        }
    }

    @Test func anExpiredSubscriptionFallsBackInItsVeryMillisecond() async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            let end = world.day(30)
            try await world.database.write { transaction in
                _ = try subscriptions.begin(.premium, per: .month, for: alex.account, until: end, in: transaction)
            }
            let allowance = SubscriptionAllowance()
            func limit(at moment: Timestamp) async throws -> Int64? {
                try await world.database.read { snapshot in
                    try snapshot.first(SubscriptionAllowance.statement(alex.space, at: moment, nil)) { $0.integer(0) }
                }
            }
            #expect(try await limit(at: Timestamp(milliseconds: end.milliseconds - 1)) == 2_048 * gibibyte)
            #expect(try await limit(at: end) == 20 * gibibyte)
            world.clock.advance(seconds: 30 * 86_400)
            let space = alex.space
            #expect(try await world.database.read { try allowance.limit(of: space, in: $0) } == 20 * gibibyte)
        }
    }

    @Test func aSpaceOfNobodyHasTheFreePlan() async throws {
        try await withBilling { world, _ in
            let limit = try await world.database.read { try SubscriptionAllowance().limit(of: SpaceID(9), in: $0) }
            #expect(limit == 20 * gibibyte)
        }
    }

    /// It runs in every upload's transaction: no table may be read from end to end.
    @Test(.enabled(if: TestEngine.dialect == .sqlite, "PostgreSQL plans by what tables hold"))
    func theLimitIsFoundByKeysAlone() async throws {
        try await withBilling { world, _ in
            let statement = SubscriptionAllowance.statement(SpaceID(1), at: world.clock.now(), nil)
            let steps = try await world.database.read { snapshot in
                try snapshot.all("EXPLAIN QUERY PLAN \(statement)") { $0.text(3) }
            }
            #expect(steps.filter { $0.hasPrefix("SEARCH") }.count == 5)
            #expect(steps.contains { $0.contains("subscriptions_one_per_account") })
            #expect(!steps.contains { $0.contains("SCAN") && !$0.contains("CONSTANT ROW") }, "\(steps)")
        }
    }
}
