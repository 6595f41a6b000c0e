import Crypto
import Database

/// A bounded number of rows of `file_keys` on their way under the active generation.
struct KeyBatch: Sendable {
    /// A row as it is, and the same key wrapped anew.
    private struct Change: Sendable {
        let owner: ID<Void>
        let old: [UInt8]
        let new: [UInt8]
    }

    /// Why a row cannot be wrapped anew.
    struct Stopped: Error { let problem: Rotation.Problem }

    /// A row as it was read.
    struct Row: Sendable {
        let owner: ID<Void>
        let kind: Int64
        let space: SpaceID
        let wrapped: WrappedKey
    }

    private let generation: Int
    private let changes: [Change]
    /// The last owner of the batch, in the order of the table.
    let last: ID<Void>
    /// SHA-256 over the owners and the new wrapped keys, in order.
    private let fingerprint: [UInt8]

    var count: Int { changes.count }

    /// Few enough that people's writes hardly wait for a batch, many enough that commits are few.
    static let size = 500
    private static let rowsPerStatement = 50

    /// The next rows that are not under `generation`, behind `last`.
    static func rows(
        notUnder generation: Int, after last: ID<Void>?, limit: Int,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Row] {
        let start = last?.sqlValue ?? .bytes([])
        return try reading.all(
            """
            SELECT owner_id, owner_kind, space_id, generation, wrapped FROM file_keys
            WHERE owner_id > \(start) AND generation <> \(generation) ORDER BY owner_id LIMIT \(limit)
            """
        ) { row in
            Row(
                owner: row.id(0), kind: row.integer(1), space: row.id(2),
                wrapped: WrappedKey(generation: row.int(3), bytes: row.bytes(4)))
        }
    }

    /// Opens and wraps the keys; computes and touches nothing else.
    /// - Returns: nil for no rows.
    /// - Throws: `Stopped` at the first row that this program must not pass over.
    init?(wrapping rows: [Row], under generation: Int, with keyring: Keyring) throws {
        guard let last = rows.last else { return nil }
        var changes: [Change] = []
        changes.reserveCapacity(rows.count)
        var text: [UInt8] = []
        text.reserveCapacity(rows.count * 89)
        for row in rows {
            let new = try Self.rewrapped(row, under: generation, with: keyring)
            changes.append(Change(owner: row.owner, old: row.wrapped.bytes, new: new))
            let owner = row.owner.value
            for shift in stride(from: 120, through: 0, by: -8) {
                text.append(UInt8(truncatingIfNeeded: owner >> UInt128(shift)))
            }
            text += new
        }
        self.generation = generation
        self.changes = changes
        self.last = last.owner
        fingerprint = SHA256Hash.of(text)
    }

    private static func rewrapped(_ row: Row, under generation: Int, with keyring: Keyring) throws -> [UInt8] {
        guard let kind = KeyOwner(rawValue: row.kind) else {
            throw Stopped(problem: Rotation.Problem(obstacle: .unknownKind, detail: String(row.kind)))
        }
        do {
            let new = try keyring.rewrap(row.wrapped, kind, owner: row.owner.value, space: row.space)
            guard new.generation == generation else { throw CryptoError.unknownGeneration(generation) }
            return new.bytes
        } catch CryptoError.openFailed, CryptoError.unsupportedFormat {
            throw Stopped(problem: Rotation.Problem(obstacle: .unreadableKey, detail: row.owner.description))
        } catch CryptoError.unknownGeneration(let number) where number != generation {
            let detail = "\(row.owner) (generation \(number))"
            throw Stopped(problem: Rotation.Problem(obstacle: .unreadableKey, detail: detail))
        }
    }

    /// Writes the keys back. A row that is no longer as it was read, because it was shredded, stays as it is.
    /// - Returns: how many rows changed.
    func store(in transaction: borrowing Transaction) throws -> Int {
        var changed = 0
        var start = 0
        while start < changes.count {
            let end = min(start + Self.rowsPerStatement, changes.count)
            let tuples: [SQL] = changes[start..<end].map { "(\($0.owner), \($0.old), \($0.new))" }
            changed += try transaction.run(
                """
                WITH batch (owner, old, new) AS (VALUES \(SQL(tuples, separatedBy: ", ")))
                UPDATE file_keys SET generation = \(generation), wrapped = batch.new, wrapped_at = \(transaction.now)
                FROM batch WHERE file_keys.owner_id = batch.owner AND file_keys.wrapped = batch.old
                """)
            start = end
        }
        return changed
    }

    /// The digest of all batches so far: SHA-256 of the one before ‖ this batch's.
    func chained(to digest: [UInt8]) -> [UInt8] { SHA256Hash.of(digest + fingerprint) }
}
