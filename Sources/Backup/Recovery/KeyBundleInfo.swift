public import Crypto
public import Database

/// The key bundle that was made last, as the vault remembers it.
public struct KeyBundleInfo: Sendable, Equatable {
    /// In its store.
    public let name: String
    public let recipient: RecoveryPublicKey
    /// The last event of the journal when it was made: an archive that reaches further is newer than the bundle.
    public let lastSequence: Int64
    public let keys: Int64
    /// When the newest of its keys was made.
    let newestKey: Timestamp
    public let size: Int64
    /// 32 bytes.
    public let sha256: [UInt8]
    public let madeAt: Timestamp

    /// - Returns: nil while none was made.
    public static func read(in reading: borrowing some SQLReading & ~Copyable) throws -> KeyBundleInfo? {
        try reading.first(
            """
            SELECT name, public_key, last_sequence, key_count, newest_key, size, sha256, made_at
            FROM key_bundles WHERE singleton = 1
            """
        ) { row in
            RecoveryPublicKey(row.bytes(1)).map { recipient in
                KeyBundleInfo(
                    name: row.text(0), recipient: recipient, lastSequence: row.integer(2), keys: row.integer(3),
                    newestKey: row.timestamp(4), size: row.integer(5), sha256: row.bytes(6), madeAt: row.timestamp(7))
            }
        } ?? nil
    }

    func write(in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            INSERT INTO key_bundles (
                singleton, name, public_key, last_sequence, key_count, newest_key, size, sha256, made_at)
            VALUES (1, \(name), \(recipient.bytes), \(lastSequence), \(keys), \(newestKey), \(size), \(sha256), \(madeAt))
            ON CONFLICT (singleton) DO UPDATE SET
                name = excluded.name, public_key = excluded.public_key, last_sequence = excluded.last_sequence,
                key_count = excluded.key_count, newest_key = excluded.newest_key, size = excluded.size,
                sha256 = excluded.sha256, made_at = excluded.made_at
            """)
    }
}
