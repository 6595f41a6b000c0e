import Crypto
import Database

/// Codes for the day the telephone is lost: each works once, in the place of a code from the authenticator.
enum RecoveryCodes {
    static let count = 10
    /// Characters of Base 32, 5 bits each: 50 bits, which the limits on failures keep out of anybody's reach.
    private static let length = 10

    /// New codes for reading and typing, such as `K7QDM-3XWPZ`.
    static func make() -> [String] {
        (0..<count).map { _ in
            let text = Base32.encode(Random.bytes(8)).prefix(length)
            return "\(text.prefix(length / 2))-\(text.suffix(length / 2))"
        }
    }

    /// Puts `codes` in the place of all earlier ones.
    static func replace(
        with codes: [String], of account: AccountID, under key: SealingKey, in transaction: borrowing Transaction
    ) throws {
        try remove(of: account, in: transaction)
        for code in codes {
            guard let tag = tag(code, under: key) else { continue }
            try transaction.run("INSERT INTO recovery_codes (account_id, code_tag) VALUES (\(account), \(tag))")
        }
    }

    static func remove(of account: AccountID, in transaction: borrowing Transaction) throws {
        try transaction.run("DELETE FROM recovery_codes WHERE account_id = \(account)")
    }

    /// Uses a code up.
    /// - Returns: whether it was one that had not been used.
    static func use(
        _ code: String, of account: AccountID, under key: SealingKey, in transaction: borrowing Transaction
    ) throws -> Bool {
        guard let tag = tag(code, under: key) else { return false }
        return try transaction.run(
            """
            UPDATE recovery_codes SET used_at = \(transaction.now)
            WHERE account_id = \(account) AND code_tag = \(tag) AND used_at IS NULL
            """) == 1
    }

    static func left(of account: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int {
        try reading.first(
            "SELECT COUNT(*) FROM recovery_codes WHERE account_id = \(account) AND used_at IS NULL", { $0.int(0) }) ?? 0
    }

    /// What a code is found by; case, spaces and dashes do not matter. Nil for what cannot be one.
    private static func tag(_ code: String, under key: SealingKey) -> [UInt8]? {
        guard code.utf8.count <= 64 else { return nil }
        let letters = Array(code.uppercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") })
        guard letters.count == length else { return nil }
        return key.derived("cloudspace recovery codes").tag(letters)
    }
}
