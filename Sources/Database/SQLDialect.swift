/// The engine behind a store, for the few places where the common ground of both ends.
public enum SQLDialect: String, Sendable, CaseIterable {
    case sqlite
    case postgresql
}
