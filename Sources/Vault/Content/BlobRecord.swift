import BlobStore
import Crypto
import Database

/// A sealed blob as `blobs` knows it. The data key is wrapped under the key of the node it belongs to.
struct BlobRecord: Sendable {
    let id: BlobID
    let node: NodeID
    let suite: StreamSuite
    let wrappedKey: [UInt8]
    let plainSize: Int64
    let sealedSize: Int64
    /// The sealed bytes themselves when they are small; otherwise they are in the blob store under `id`.
    let inline: [UInt8]?

    var key: BlobKey { BlobKey(id.value) }

    /// Blobs up to this many sealed bytes rest in the database, in the transaction of their version.
    static let inlineLimit: Int64 = 32 * 1_024

    /// What a blob's stream is bound to: format ‖ node ‖ blob (docs/formats/blob-stream.md).
    static func streamContext(node: NodeID, blob: BlobID) -> [UInt8] {
        var context: [UInt8] = [1]
        context.reserveCapacity(33)
        for value in [node.value, blob.value] {
            for shift in stride(from: 120, through: 0, by: -8) {
                context.append(UInt8(truncatingIfNeeded: value >> UInt128(shift)))
            }
        }
        return context
    }

    static func keyContext(node: NodeID, blob: BlobID) -> SealContext {
        SealContext("cloudspace data key", node.value, blob.value)
    }

    func insert(in transaction: borrowing Transaction) throws {
        try transaction.run(
            """
            INSERT INTO blobs (id, node_id, suite, wrapped_key, plain_size, sealed_size, inline_content, created_at)
            VALUES (\(id), \(node), \(Int64(suite.rawValue)), \(wrappedKey), \(plainSize), \(sealedSize), \(inline.sqlValue),
                    \(transaction.now))
            """)
    }

    static func read(_ id: BlobID, in reading: borrowing some SQLReading & ~Copyable) throws -> BlobRecord? {
        try reading.first(
            "SELECT id, node_id, suite, wrapped_key, plain_size, sealed_size, inline_content FROM blobs WHERE id = \(id)"
        ) { row in
            BlobRecord(
                id: row.id(0), node: row.id(1),
                suite: StreamSuite(rawValue: UInt8(clamping: row.integer(2))) ?? .aes256GCM,
                wrappedKey: row.bytes(3), plainSize: row.integer(4), sealedSize: row.integer(5),
                inline: row.optionalBytes(6))
        }
    }
}
