/// What a server counts while it runs: cheap atomics, read by `/metrics`.
public final class ServerStatistics: Sendable {
    /// The upper bounds of the duration buckets, in microseconds; one more bucket takes the rest.
    public static let durationBounds: [Int64] = [
        500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000,
    ]

    /// Connections open now.
    public let openConnections = Counter()
    /// Connections accepted since the start.
    public let acceptedConnections = Counter()
    /// Connections closed at once because their address had too many.
    public let rejectedConnections = Counter()
    /// Requests whose head has arrived and whose answer is not sent yet.
    public let inFlight = Counter()
    /// Requests that ended without an answer: the client went away, or a deadline passed.
    public let abandoned = Counter()
    /// Bytes of request bodies received.
    public let bytesIn = Counter()
    /// Bytes of answers' bodies handed to the network.
    public let bytesOut = Counter()
    /// The sum of all durations, in microseconds.
    public let durationSum = Counter()

    private let classes = (0..<6).map { _ in Counter() }
    private let durations = (0...durationBounds.count).map { _ in Counter() }

    init() {}

    /// Answers given, by the first digit of their status (1 to 5).
    public func answers(ofClass digit: Int) -> Int64 {
        classes.indices.contains(digit) ? classes[digit].value : 0
    }

    /// Answers by duration: one count for each of `durationBounds` (not cumulative), then the longer ones.
    public var durationCounts: [Int64] { durations.map(\.value) }

    func record(status: Int, microseconds: Int64) {
        classes[min(5, max(0, status / 100))].add(1)
        durationSum.add(microseconds)
        var bucket = 0
        while bucket < Self.durationBounds.count, microseconds > Self.durationBounds[bucket] { bucket += 1 }
        durations[bucket].add(1)
    }
}
