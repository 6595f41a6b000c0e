import Crypto
import Database

/// Shows how a file is sealed (requirements/2, step 3). That somebody looked is journalled.
public struct DescribeEncryption: Sendable {
    let core: VaultCore

    public static let maximumLimit = 1_000

    /// - Parameters:
    ///   - limit: how many versions to tell of, newest first; 0 for none but the current one.
    ///   - before: only versions with a smaller number.
    public func callAsFunction(
        _ id: NodeID, versions limit: Int = 0, before: Int? = nil, as principal: Principal
    ) async throws -> EncryptionChain {
        let limit = min(max(0, limit), Self.maximumLimit)
        return try await core.database.write { [core] transaction in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: transaction)
            let record = access.record
            guard record.kind == .file, let head = record.head else {
                throw VaultError.invalid(field: "id", .notAFile)
            }
            let current = try Self.contents(of: id, before: head.number + 1, limit: 1, in: transaction)
            let key = try transaction.first(
                "SELECT generation, created_at, wrapped_at FROM file_keys WHERE owner_id = \(id) AND owner_kind = 0"
            ) { ($0.int(0), $0.timestamp(1), $0.timestamp(2)) }
            guard let content = current.first, content.version == head.number, let key else {
                throw VaultError.tampered(id)
            }
            let versions =
                limit == 0 ? [] : try Self.contents(of: id, before: before ?? Int.max, limit: limit, in: transaction)
            let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: id)
            try core.audit.record(
                .encryptionRead, on: .node(id, kind: record.kind, space: record.space), by: principal,
                details: AuditDetails(name: meta.name.text), key: access.key, in: transaction)
            return EncryptionChain(
                node: id, name: meta.name, content: content, generation: key.0,
                activeGeneration: core.keyring.ring.activeGeneration, keyCreatedAt: key.1,
                rewrappedAt: key.2 > key.1 ? key.2 : nil, provider: core.keyDistribution.keeper?.providerName,
                versions: versions,
                next: versions.last.flatMap { $0.version > 1 && versions.count == limit ? $0.version : nil })
        }
    }

    private static func contents(
        of id: NodeID, before: Int, limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [EncryptionChain.Content] {
        try reading.all(
            """
            SELECT v.number, b.suite, b.plain_size, b.sealed_size, CASE WHEN b.inline_content IS NULL THEN 0 ELSE 1 END,
                   b.created_at
            FROM versions v JOIN blobs b ON b.id = v.blob_id
            WHERE v.node_id = \(id) AND v.number < \(before) ORDER BY v.number DESC LIMIT \(limit)
            """
        ) { row in
            EncryptionChain.Content(
                version: row.int(0), suite: StreamSuite(rawValue: UInt8(clamping: row.integer(1))) ?? .aes256GCM,
                plainSize: row.integer(2), sealedSize: row.integer(3), isInDatabase: row.bool(4),
                sealedAt: row.timestamp(5))
        }
    }
}
