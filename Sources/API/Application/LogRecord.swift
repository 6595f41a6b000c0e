/// One line for the operator: what broke, never what somebody wrote.
public struct LogRecord: Sendable, Equatable {
    public enum Level: String, Sendable { case error, warning }

    public let level: Level
    public let requestID: String
    /// The method and the route's pattern: "GET /api/files/{id}", without identifiers or names.
    public let route: String
    public let status: Int
    /// The cause in technical words. Holds no names, addresses, tokens or content.
    public let cause: String
}
