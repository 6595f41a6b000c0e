import BlobStore
import Crypto
import Database

/// A row of `blobs` with what is needed to open it (docs/formats/blob-stream.md, wrapped-keys.md).
struct StoredBlob: Sendable {
    /// What is wrong with one blob.
    enum Defect: Error, Equatable {
        case missing
        case wrongSize(Int64, expected: Int64)
        case damaged

        var words: String {
            switch self {
            case .missing: "is missing from the blob store"
            case .wrongSize(let size, let expected): "has \(size) bytes instead of \(expected)"
            case .damaged: "does not open: its bytes were altered"
            }
        }
    }

    /// The key of the file, nil when it was shredded.
    struct FileKey: Sendable {
        let wrapped: WrappedKey
        @Words128 var space: UInt128
    }

    @Words128 var id: UInt128
    @Words128 var node: UInt128
    let suite: StreamSuite?
    let wrappedKey: [UInt8]
    let plainSize: Int64
    let sealedSize: Int64
    /// Bytes stored in the row itself, nil for a blob in the store.
    let inlineSize: Int64?
    let fileKey: FileKey?
    private let database: any Database

    /// Rows in the order of their ids.
    static func page(after cursor: UInt128?, limit: Int, in database: any Database) async throws -> [StoredBlob] {
        try await database.read { snapshot in
            try snapshot.all(
                """
                SELECT b.id, b.node_id, b.suite, b.wrapped_key, b.plain_size, b.sealed_size, length(b.inline_content),
                       k.generation, k.wrapped, k.space_id
                FROM blobs b LEFT JOIN file_keys k ON k.owner_id = b.node_id
                WHERE b.id > \(cursor ?? 0) ORDER BY b.id LIMIT \(limit)
                """
            ) { row in
                StoredBlob(
                    id: row.uuid(0), node: row.uuid(1), suite: StreamSuite(rawValue: UInt8(clamping: row.integer(2))),
                    wrappedKey: row.bytes(3), plainSize: row.integer(4), sealedSize: row.integer(5),
                    inlineSize: row.optionalInteger(6),
                    fileKey: row.isNull(7)
                        ? nil
                        : FileKey(wrapped: WrappedKey(generation: row.int(7), bytes: row.bytes(8)), space: row.uuid(9)),
                    database: database)
            }
        }
    }

    /// Opens the whole content and throws it away.
    /// - Throws: `Defect.damaged`.
    func verify(ring: KeyRing, store: any BlobStore) async throws {
        guard let fileKey, let suite else { throw Defect.damaged }
        do {
            let key = try ring.unwrap(
                fileKey.wrapped, context: SealContext("cloudspace node key", node, fileKey.space))
            let dataKey = try key.unwrap(wrappedKey, context: SealContext("cloudspace data key", node, id))
            let reader: ContentReader
            if inlineSize != nil {
                let sealed = try await inlineContent()
                reader = try ContentReader(
                    inline: sealed, blob: BlobKey(id), key: dataKey, suite: suite, context: context)
            } else {
                let blob = try await store.reader(BlobKey(id))
                reader = try await ContentReader(
                    reader: blob, key: dataKey, suite: suite, context: context)
            }
            guard reader.size == plainSize else { throw Defect.damaged }
            try await Self.readThrough(reader)
        } catch is CryptoError {
            throw Defect.damaged
        } catch BlobStoreError.tampered {
            throw Defect.damaged
        }
    }

    private static func readThrough(_ reader: ContentReader) async throws {
        var window = [UInt8](repeating: 0, count: 256 << 10)
        var position: Int64 = 0
        while position < reader.size {
            let count = try window.withMutableBytes { try reader.readNow(at: position, into: &$0) }
            guard let count else {
                try await reader.prepare(at: position)
                continue
            }
            guard count > 0 else { throw Defect.damaged }
            position += Int64(count)
        }
    }

    private func inlineContent() async throws -> [UInt8] {
        let id = id
        return try await database.read { snapshot in
            try snapshot.first("SELECT inline_content FROM blobs WHERE id = \(id)") { $0.bytes(0) } ?? []
        }
    }

    /// What the stream is bound to: format ‖ node ‖ blob.
    private var context: [UInt8] {
        [1]
            + [node, id].flatMap { value in
                (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * $0)) }
            }
    }
}
