/// What an operator may set about notifications.
public struct NotificationSettings: Sendable {
    /// Seconds between two signs of life on a quiet stream; also how long a stream may outlive its session.
    public var heartbeatSeconds: Int64 = 20
    /// Streams open at once on this node.
    public var maximumStreams = 2_000
    /// Streams open at once for one person on this node: tabs of a browser.
    public var maximumStreamsPerPerson = 8

    public init() {}
}
