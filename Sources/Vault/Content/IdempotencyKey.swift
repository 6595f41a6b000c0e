import Crypto
import Database

/// A client's name for one act, so that a retry after a lost answer does not act twice.
///
/// Rows are kept for a day. Key and fingerprint rest as tags under the account's own key: a key may be a file name.
struct IdempotencyKey: Sendable {
    static let keptMilliseconds: Int64 = 24 * 3_600 * 1_000

    let text: String

    /// - Throws: `VaultError.invalid(field: "Idempotency-Key", …)` unless 1…255 visible ASCII characters.
    init(_ text: String) throws(VaultError) {
        guard !text.isEmpty else { throw .invalid(field: "Idempotency-Key", .empty) }
        guard text.utf8.count <= 255 else { throw .invalid(field: "Idempotency-Key", .tooLong(maximum: 255)) }
        guard text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else {
            throw .invalid(field: "Idempotency-Key", .forbiddenCharacter)
        }
        self.text = text
    }

    struct Earlier {
        let node: NodeID
        let version: Int
        let fingerprint: [UInt8]

        func matches(
            _ bytes: [UInt8], keyring: Keyring, account: AccountID, in transaction: borrowing Transaction
        ) -> Bool {
            guard let key = try? keyring.accountKey(account, in: transaction) else { return false }
            return constantTimeEqual(key.tag(bytes), fingerprint)
        }
    }

    func earlier(
        for account: AccountID, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Earlier? {
        let tag = try keyring.accountKey(account, in: reading).tag(Array(text.utf8))
        let oldest = reading.now.milliseconds - Self.keptMilliseconds
        return try reading.first(
            """
            SELECT node_id, version_number, fingerprint FROM idempotency_keys
            WHERE account_id = \(account) AND key_tag = \(tag) AND created_at > \(oldest)
            """
        ) { row in Earlier(node: row.id(0), version: row.int(1), fingerprint: row.bytes(2)) }
    }

    func remember(
        fingerprint: [UInt8], node: NodeID, version: Int, for account: AccountID, keyring: Keyring,
        in transaction: borrowing Transaction
    ) throws {
        let key = try keyring.accountKey(account, in: transaction)
        try transaction.run(
            """
            INSERT INTO idempotency_keys (account_id, key_tag, fingerprint, node_id, version_number, created_at)
            VALUES (\(account), \(key.tag(Array(text.utf8))), \(key.tag(fingerprint)), \(node), \(version), \(transaction.now))
            ON CONFLICT (account_id, key_tag) DO UPDATE
            SET fingerprint = excluded.fingerprint, node_id = excluded.node_id, version_number = excluded.version_number,
                created_at = excluded.created_at
            """)
    }

    /// Forgets what is older than a day.
    static func expire(in transaction: borrowing Transaction) throws {
        let oldest = transaction.now.milliseconds - keptMilliseconds
        try transaction.run("DELETE FROM idempotency_keys WHERE created_at <= \(oldest)")
    }
}
