import Crypto
import Database

/// The statements on an account's authenticator secret, which rests sealed under the account's key.
enum SecondFactor {
    /// How long a set-up waits for its first code.
    static let setUpMilliseconds: Int64 = 60 * 60 * 1_000

    struct Record {
        let secret: [UInt8]
        let lastStep: Int64
        let createdAt: Timestamp
        let isEnabled: Bool
    }

    enum Verdict: Equatable { case right, rightByRecoveryCode, wrong }

    static func record(
        of account: AccountID, under key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Record? {
        let row = try reading.first(
            "SELECT sealed_secret, last_step, created_at, enabled_at FROM two_factor WHERE account_id = \(account)"
        ) { row in (row.bytes(0), row.integer(1), row.timestamp(2), !row.isNull(3)) }
        guard let (sealed, lastStep, createdAt, isEnabled) = row else { return nil }
        return Record(
            secret: try key.open(sealed, context: context(account)), lastStep: lastStep, createdAt: createdAt,
            isEnabled: isEnabled)
    }

    /// Begins a set-up, in the place of one that was never finished.
    static func prepare(
        _ secret: [UInt8], of account: AccountID, under key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            """
            INSERT INTO two_factor (account_id, sealed_secret, last_step, created_at)
            VALUES (\(account), \(key.seal(secret, context: context(account))), 0, \(transaction.now))
            ON CONFLICT (account_id) DO UPDATE
            SET sealed_secret = excluded.sealed_secret, last_step = 0, created_at = excluded.created_at, enabled_at = NULL
            """)
    }

    /// Takes a code from the authenticator; a code works once.
    static func takeCode(
        _ code: String, of account: AccountID, _ record: Record, in transaction: borrowing Transaction
    ) throws -> Bool {
        let seconds = transaction.now.milliseconds / 1_000
        guard let step = TOTP(secret: record.secret).verify(code, at: seconds, after: record.lastStep) else {
            return false
        }
        return try transaction.run(
            "UPDATE two_factor SET last_step = \(step) WHERE account_id = \(account) AND last_step < \(step)") == 1
    }

    /// Takes a code of either kind from an account whose second factor is on.
    static func take(
        _ code: String, of account: AccountID, under key: SealingKey, in transaction: borrowing Transaction
    ) throws -> Verdict {
        guard let record = try record(of: account, under: key, in: transaction), record.isEnabled else { return .wrong }
        let typed = code.filter { $0 != " " }
        if try takeCode(typed, of: account, record, in: transaction) { return .right }
        return try RecoveryCodes.use(code, of: account, under: key, in: transaction) ? .rightByRecoveryCode : .wrong
    }

    static func enable(_ account: AccountID, in transaction: borrowing Transaction) throws {
        try transaction.run("UPDATE two_factor SET enabled_at = \(transaction.now) WHERE account_id = \(account)")
        try setFlag(true, of: account, in: transaction)
    }

    static func disable(_ account: AccountID, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM two_factor WHERE account_id = \(account)")
        try RecoveryCodes.remove(of: account, in: transaction)
        try setFlag(false, of: account, in: transaction)
    }

    private static func setFlag(
        _ isEnabled: Bool, of account: AccountID, in transaction: borrowing Transaction
    ) throws {
        // A row's time names its state for the caches: it must move even within one millisecond.
        let now = transaction.now.milliseconds
        try transaction.run(
            """
            UPDATE accounts SET two_factor_enabled = \(isEnabled ? 1 : 0),
                                updated_at = CASE WHEN updated_at >= \(now) THEN updated_at + 1 ELSE \(now) END
            WHERE id = \(account)
            """)
    }

    private static func context(_ account: AccountID) -> SealContext {
        SealContext("cloudspace authenticator secret", account.value)
    }
}
