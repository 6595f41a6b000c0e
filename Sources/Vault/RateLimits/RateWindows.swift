import Crypto
import Database

/// Counts events of a kind per subject over the last so many minutes, for all nodes together.
///
/// Rows of `rate_windows` hold no address and no e-mail: subjects are HMAC tags. Time is cut into slices, fifteen to a
/// window, so that the count slides instead of starting anew; nodes whose clocks differ by seconds count into
/// neighbouring slices, which changes nothing. A row is written per event only, so what is counted should be rare.
struct RateWindows: Sendable {
    static let slices: Int64 = 15

    private let key: SealingKey
    /// Milliseconds.
    private let window: Int64

    /// - Parameter windowSeconds: 15 or more.
    init(key: SealingKey, windowSeconds: Int64) {
        self.key = key
        window = max(Self.slices, windowSeconds) * 1_000
    }

    private var slice: Int64 { window / Self.slices }

    /// - Returns: seconds, 1 or more, after which one more is allowed; `nil` when it is now.
    func wait(_ subject: RateSubject, limit: Int64, in reading: borrowing some SQLReading & ~Copyable) throws -> Int64?
    {
        let now = reading.now.milliseconds
        // A slice far ahead is from a clock that was wrong: nobody waits for it.
        let counted = try reading.all(
            """
            SELECT window_start, hits FROM rate_windows
            WHERE key_tag = \(subject.tag(under: key)) AND window_start > \(now - window) AND window_start <= \(now + slice)
            ORDER BY window_start LIMIT 100
            """
        ) { row in (start: row.integer(0), hits: row.integer(1)) }
        var sum = counted.reduce(0) { $0 + $1.hits }
        guard sum >= limit else { return nil }
        for (start, hits) in counted {
            sum -= hits
            if sum < limit { return max(1, (start + window - now + 999) / 1_000) }
        }
        return max(1, window / 1_000)
    }

    func count(_ subject: RateSubject, in transaction: borrowing Transaction) throws {
        let now = transaction.now.milliseconds
        try transaction.run(
            """
            INSERT INTO rate_windows (key_tag, window_start, hits)
            VALUES (\(subject.tag(under: key)), \(now - now % slice), 1)
            ON CONFLICT (key_tag, window_start) DO UPDATE SET hits = rate_windows.hits + 1
            """)
    }

    func forget(_ subject: RateSubject, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM rate_windows WHERE key_tag = \(subject.tag(under: key))")
    }

    /// Removes what no longer counts.
    func expire(in transaction: borrowing Transaction) throws {
        let now = transaction.now.milliseconds
        try transaction.run(
            "DELETE FROM rate_windows WHERE window_start <= \(now - window) OR window_start > \(now + 86_400_000)")
    }
}

/// Whom a count is about.
struct RateSubject: Sendable, Equatable {
    private let text: [UInt8]

    /// An account by its address, whether there is one or not.
    static func account(_ email: EmailAddress) -> RateSubject {
        RateSubject(text: Array("sign-in account\u{0}".utf8) + email.folded)
    }

    /// Where a request came from. One network of IPv6 (64 bits) is one place: its owner can take any address in it.
    static func place(_ address: String) -> RateSubject {
        RateSubject(text: Array("sign-in address\u{0}\(ClientNetwork.of(address))".utf8))
    }

    /// A link, and one as it is tried from one place.
    static func link(_ link: ShareLinkID, from address: String) -> RateSubject {
        RateSubject(text: Array("link place\u{0}\(link)\u{0}\(ClientNetwork.of(address))".utf8))
    }

    static func link(_ link: ShareLinkID) -> RateSubject { RateSubject(text: Array("link\u{0}\(link)".utf8)) }

    /// All links tried from one place.
    static func linkPlace(_ address: String) -> RateSubject {
        RateSubject(text: Array("links address\u{0}\(ClientNetwork.of(address))".utf8))
    }

    func tag(under key: SealingKey) -> [UInt8] { key.tag(text) }
}
