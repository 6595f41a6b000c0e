import Billing
import Database
import Testing
import Vault
import VaultTesting

@Suite struct SubscriptionTests {
    @Test func aSubscriptionKeepsThePriceItBeganWith() async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            let end = world.day(365)
            let begun = try await world.database.write { transaction in
                try subscriptions.begin(.standard, per: .year, for: alex.account, until: end, in: transaction)
            }
            #expect(begun.price.price == Money(minorUnits: 25_000, .xof))
            #expect(begun.status(at: world.clock.now()) == .active)
            #expect(begun.status(at: end) == .expired)
            world.clock.advance(seconds: 60)
            try await world.database.write { transaction in
                _ = try PlanCatalogue().setPrice(
                    Money(minorUnits: 30_000, .xof), of: .standard, per: .year, in: transaction)
            }
            #expect(try await world.database.read { try subscriptions.current(of: alex.account, in: $0) } == begun)
        }
    }

    @Test func anAccountHasOneAtATimeAndAllItHadStay() async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Lee")
            for plan in [PlanID.standard, .premium] {
                try await world.database.write { transaction in
                    for account in [alex.account, sam.account] {
                        try subscriptions.begin(plan, per: .month, for: account, until: nil, in: transaction)
                    }
                }
                world.clock.advance(seconds: 10)
            }
            let history = try await world.database.read { try subscriptions.history(of: alex.account, in: $0) }
            #expect(history.map(\.plan) == [.premium, .standard])
            #expect(history.map { $0.status(at: world.clock.now()) } == [.active, .ended])
            #expect(history.last?.endedAt == history.first?.since)
            #expect(
                try await world.database.read { try subscriptions.current(of: alex.account, in: $0) } == history.first)
            await #expect(throws: DatabaseError.self) {
                try await world.execute("UPDATE subscriptions SET status = 'active', ended_at = NULL")
            }
        }
    }

    @Test func whatRanOutEndedWhenItRanOut() async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            let end = world.day(30)
            try await world.database.write { transaction in
                _ = try subscriptions.begin(.standard, per: .month, for: alex.account, until: end, in: transaction)
            }
            world.clock.advance(seconds: 40 * 86_400)
            #expect(try await world.database.read { try subscriptions.current(of: alex.account, in: $0) } == nil)
            #expect(try await world.database.write { try subscriptions.end(for: alex.account, in: $0) })
            #expect(try await world.database.write { try subscriptions.end(for: alex.account, in: $0) } == false)
            let history = try await world.database.read { try subscriptions.history(of: alex.account, in: $0) }
            #expect(history.map(\.endedAt) == [end])
        }
    }

    @Test func subscriptionsThatCannotBeAreRefusedAndChangeNothing() async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            let now = world.clock.now()
            let gold = try #require(PlanID(rawValue: "gold"))
            let begun = try await world.database.write { transaction in
                try subscriptions.begin(.standard, per: .month, for: alex.account, until: nil, in: transaction)
            }
            let refused: [(PlanID, Timestamp?, BillingError)] = [
                (.free, nil, .freeNeedsNoSubscription), (.premium, now, .alreadyOver(until: now)),
                (gold, nil, .unknownPlan(gold)),
            ]
            for (plan, until, error) in refused {
                await #expect(throws: error) {
                    try await world.database.write { transaction in
                        _ = try subscriptions.begin(plan, per: .month, for: alex.account, until: until, in: transaction)
                    }
                }
            }
            await #expect(throws: DatabaseError.self) {
                try await world.database.write { transaction in
                    _ = try subscriptions.begin(.premium, per: .month, for: AccountID(7), until: nil, in: transaction)
                }
            }
            #expect(try await world.database.read { try subscriptions.current(of: alex.account, in: $0) } == begun)
        }
    }

    @Test func theSecurityDocumentsTableShowsSubscriptionsAndCannotBeWritten() async throws {
        try await withBilling { world, subscriptions in
            let alex = try await world.person()
            let begun = try await world.database.write { transaction in
                try subscriptions.begin(.premium, per: .month, for: alex.account, until: nil, in: transaction)
            }
            let rows = try await world.database.read { snapshot in
                try snapshot.all(
                    """
                    SELECT id, user_id, plan, periode, montant, devise, statut, date_debut, date_fin FROM abonnements
                    """
                ) { row in
                    #expect(row.uuid(0) == begun.id.value)
                    #expect(row.uuid(1) == alex.account.value)
                    #expect(row.integer(4) == 10_000)
                    #expect(row.timestamp(7) == begun.since)
                    #expect(row.optionalTimestamp(8) == nil)
                    return [row.text(2), row.text(3), row.text(5), row.text(6)]
                }
            }
            #expect(rows == [["premium", "mensuel", "XOF", "actif"]])
            await #expect(throws: DatabaseError.self) { try await world.execute("DELETE FROM abonnements") }
        }
    }
}
