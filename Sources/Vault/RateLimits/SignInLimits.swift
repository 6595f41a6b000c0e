import Crypto
import Database
import Journal
import Synchronization

/// How many failed sign-ins one account and one address may have (OWASP Authentication Cheat Sheet, "Login throttling").
///
/// Only failures are counted: signing in with the right password writes nothing here but takes the account's earlier
/// failures away. Whether an account exists makes no difference to anything.
public final class SignInLimits: Sendable {
    private let windows: RateWindows
    private let perAccount: Int64
    private let perAddress: Int64
    private let audit: Audit
    private let refusals = Atomic<Int64>(0)

    init(key: SealingKey, settings: VaultSettings, audit: Audit) {
        windows = RateWindows(key: key, windowSeconds: settings.signInWindowSeconds)
        perAccount = Int64(settings.signInFailuresPerAccount)
        perAddress = Int64(settings.signInFailuresPerAddress)
        self.audit = audit
    }

    /// Sign-ins refused by this node since it started, without a look at the password or its result.
    public var refused: Int64 { refusals.load(ordering: .relaxed) }

    /// - Throws: `VaultError.rateLimited`.
    func require(
        _ email: EmailAddress?, from origin: RequestOrigin, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        var longest: Int64?
        for (subject, limit) in subjects(email, origin) {
            guard let wait = try windows.wait(subject, limit: limit, in: reading) else { continue }
            longest = max(wait, longest ?? wait)
        }
        guard let longest else { return }
        refusals.add(1, ordering: .relaxed)
        throw VaultError.rateLimited(retryAfter: longest)
    }

    /// Counts a failure. Guesses that were under way together are counted one after the other, so not more of them than
    /// the limit learn whether they were right.
    /// - Returns: what to tell the client.
    func failed(
        _ email: EmailAddress?, from origin: RequestOrigin, in transaction: borrowing Transaction
    ) throws -> VaultError {
        do { try require(email, from: origin, in: transaction) } catch let error as VaultError { return error }
        for (subject, limit) in subjects(email, origin) {
            try windows.count(subject, in: transaction)
            // Journalled when the limit is reached, not for every refusal that follows: refusing must stay cheap.
            guard try windows.wait(subject, limit: limit, in: transaction) != nil else { continue }
            let scope = subject == email.map(RateSubject.account) ? "account" : "address"
            try audit.record(
                .signInLimited, on: .system, actor: .anonymous, actorID: nil, origin: origin, outcome: .refused,
                plain: Array("{\"scope\":\"\(scope)\",\"limit\":\(limit)}".utf8), in: transaction)
        }
        return .wrongCredentials
    }

    /// Forgets an account's failures after the right password. Not the address's: one of its own accounts would free it.
    func succeeded(_ email: EmailAddress, in transaction: borrowing Transaction) throws {
        try windows.forget(.account(email), in: transaction)
    }

    func expire(in transaction: borrowing Transaction) throws { try windows.expire(in: transaction) }

    private func subjects(_ email: EmailAddress?, _ origin: RequestOrigin) -> [(RateSubject, limit: Int64)] {
        var subjects: [(RateSubject, limit: Int64)] = []
        if let email { subjects.append((.account(email), perAccount)) }
        if let address = origin.address { subjects.append((.place(address), perAddress)) }
        return subjects
    }
}
