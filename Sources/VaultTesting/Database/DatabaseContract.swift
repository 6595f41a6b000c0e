public import Database
public import Testing

/// What every engine must do, one rule at a time. An engine is done when all of them hold:
///
///     @Test(arguments: DatabaseContract.rules)
///     func sqlite(_ rule: DatabaseRule) async throws { try await rule.check(SQLiteDatabase.temporary()) }
public enum DatabaseContract {
    public static let rules: [DatabaseRule] =
        valueRules + transactionRules + constraintRules + concurrencyRules + migrationRules
}

/// One rule of the contract; its name is the sentence that must hold.
public struct DatabaseRule: Sendable, CustomTestStringConvertible {
    public let name: String
    private let body: @Sendable (any Database) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (any Database) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Checks the rule on a fresh, empty database, which it closes. Expectations are Swift Testing's.
    public func check(_ database: any Database) async throws {
        do {
            try await body(database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    public var testDescription: String { name }
}
