import Crypto
import Database

/// How many wrong passwords links may be given: guessing one, or many from one place, ends in waiting.
///
/// The first limit is that of one place at one link, so that somebody who guesses keeps nobody else out.
struct LinkLimits: Sendable {
    private let windows: RateWindows
    private let settings: LinkSettings

    init(key: SealingKey, settings: VaultSettings) {
        windows = RateWindows(key: key, windowSeconds: settings.signInWindowSeconds)
        self.settings = settings.links
    }

    /// - Throws: `VaultError.rateLimited`.
    func require(
        _ link: ShareLinkID, from origin: RequestOrigin, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        var longest: Int64?
        for (subject, limit) in subjects(link, origin) {
            guard let wait = try windows.wait(subject, limit: limit, in: reading) else { continue }
            longest = max(wait, longest ?? wait)
        }
        if let longest { throw VaultError.rateLimited(retryAfter: longest) }
    }

    func failed(
        _ link: ShareLinkID, from origin: RequestOrigin, in transaction: borrowing Transaction
    ) throws {
        for (subject, _) in subjects(link, origin) { try windows.count(subject, in: transaction) }
    }

    private func subjects(_ link: ShareLinkID, _ origin: RequestOrigin) -> [(RateSubject, limit: Int64)] {
        let place = origin.address ?? ""
        return [
            (.link(link, from: place), Int64(settings.wrongPasswordsPerLinkAndPlace)),
            (.linkPlace(place), Int64(settings.wrongPasswordsPerPlace)),
            (.link(link), Int64(settings.wrongPasswordsPerLink)),
        ]
    }
}
