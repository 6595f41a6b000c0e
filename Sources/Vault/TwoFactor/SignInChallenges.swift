import Crypto
import Database

/// Sign-ins whose password was right and whose second factor is still to come: known by a random text for five
/// minutes, of which the database keeps a tag only.
struct SignInChallenges: Sendable {
    static let lifetimeMilliseconds: Int64 = 5 * 60 * 1_000
    static let maximumAttempts: Int64 = 5

    private let key: SealingKey

    init(key: SealingKey) { self.key = key }

    /// - Returns: what the client sends back with the code.
    func make(for account: AccountID, in transaction: borrowing Transaction) throws -> String {
        let challenge = Random.token(24)
        let expiry = transaction.now.milliseconds + Self.lifetimeMilliseconds
        try transaction.run(
            """
            INSERT INTO sign_in_challenges (id, account_id, attempts, expires_at)
            VALUES (\(tag(challenge)), \(account), 0, \(expiry))
            """)
        return challenge
    }

    /// Whose challenge it is, if it may still be answered; counts the attempt.
    func attempt(_ challenge: String, in transaction: borrowing Transaction) throws -> AccountID? {
        guard challenge.utf8.count <= 64 else { return nil }
        return try transaction.first(
            """
            UPDATE sign_in_challenges SET attempts = attempts + 1
            WHERE id = \(tag(challenge)) AND expires_at > \(transaction.now) AND attempts < \(Self.maximumAttempts)
            RETURNING account_id
            """
        ) { row in row.id(0) }
    }

    func remove(_ challenge: String, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM sign_in_challenges WHERE id = \(tag(challenge))")
    }

    /// Removes those whose time is over.
    static func expire(in transaction: borrowing Transaction) throws -> Int {
        try transaction.run("DELETE FROM sign_in_challenges WHERE expires_at <= \(transaction.now)")
    }

    private func tag(_ challenge: String) -> [UInt8] { key.tag(Array(challenge.utf8)) }
}
