import Billing
import Database
import Vault
import VaultTesting

/// A world with plans.
func withBilling(unsubscribed: Int64? = nil, _ body: (World, Subscriptions) async throws -> Void) async throws {
    let world = try await World(
        allowance: SubscriptionAllowance(unsubscribed: unsubscribed),
        schemas: [(BillingSchema.name, BillingSchema.migrations)])
    do {
        try await body(world, Subscriptions(ids: IDGenerator(clock: world.clock)))
    } catch {
        await world.close()
        throw error
    }
    await world.close()
}

let gibibyte: Int64 = 1 << 30

extension World {
    /// The limit that the account of `principal` sees.
    func limit(_ principal: Principal) async throws -> Int64 { try await vault.accounts.usage(of: principal).limit }

    func execute(_ sql: SQL) async throws {
        try await database.write { transaction in _ = try transaction.run(sql) }
    }

    /// A moment some days after now.
    func day(_ days: Int64) -> Timestamp { clock.now().advanced(bySeconds: days * 86_400) }
}
