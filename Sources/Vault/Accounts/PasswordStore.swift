import Crypto
import Database

/// The statements on an account's password hash, which rests sealed under the account's key.
enum PasswordStore {
    /// The hash to compare with; nil for an account that has none.
    static func hash(
        of account: AccountID, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> String? {
        let sealed = try reading.first("SELECT sealed_password FROM accounts WHERE id = \(account)") { row in
            row.optionalBytes(0)
        }
        guard let stored = sealed, let stored else { return nil }
        let key = try keyring.accountKey(account, in: reading)
        return String(
            decoding: try key.open(stored, context: AccountStore.passwordContext(account)), as: UTF8.self)
    }

    static func set(
        _ hash: String, of account: AccountID, under key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        let sealed = key.seal(Array(hash.utf8), context: AccountStore.passwordContext(account))
        try transaction.run("UPDATE accounts SET sealed_password = \(sealed) WHERE id = \(account)")
    }
}
