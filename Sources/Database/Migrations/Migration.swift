/// One step of a schema's history. Once released it never changes; the next step is a new migration.
public struct Migration: Sendable {
    /// What it means for a program of the version before, which may still be serving from another node.
    public enum Reach: Sendable {
        /// Only adds what the older program does not look at: it may go on, and may even be started again.
        case additive
        /// Changes something the older program relies on: that one refuses to start from then on.
        case breaking
    }

    /// Unique within the schema and recorded in the store: `2025-10-accounts`.
    public let name: StaticString
    public let reach: Reach
    /// Run in order in one transaction.
    let steps: [MigrationStep]

    public init(name: StaticString, reach: Reach = .breaking, sql steps: MigrationStep...) {
        self.name = name
        self.reach = reach
        self.steps = steps
    }
}

/// A part of a migration.
public enum MigrationStep: Sendable, ExpressibleByStringLiteral {
    /// A script in the words that both engines have; ``SchemaText`` says which others are understood.
    case script(StaticString)
    /// A script that must differ.
    case perEngine(sqlite: StaticString, postgresql: StaticString)
    /// A trigger that refuses the change of any row of a table, whoever tries.
    case refuse(RowChange, on: StaticString, trigger: StaticString, saying: StaticString)

    public enum RowChange: Sendable { case update, delete }

    public init(stringLiteral text: StaticString) { self = .script(text) }

    /// The text for an engine.
    func text(for dialect: SQLDialect) -> String {
        switch (self, dialect) {
        case (.script(let text), .sqlite): text.description
        case (.script(let text), .postgresql): SchemaText.postgresql(text.description)
        case (.perEngine(let text, _), .sqlite): text.description
        case (.perEngine(_, let text), .postgresql): text.description
        case (.refuse(let change, let table, let trigger, let words), .sqlite):
            SchemaText.sqliteRefusal(of: change, on: table, trigger: trigger, saying: words)
        case (.refuse(let change, let table, let trigger, let words), .postgresql):
            SchemaText.postgresqlRefusal(of: change, on: table, trigger: trigger, saying: words)
        }
    }
}
