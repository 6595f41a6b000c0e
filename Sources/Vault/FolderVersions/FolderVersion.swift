package import Crypto
public import Database

/// One version of a folder: that it was brought back, and with how much in it (requirements/2, `versionMetadata`).
public struct FolderVersion: Sendable, Equatable {
    public let id: VersionID
    public let node: NodeID
    /// From 1, without gaps.
    public let number: Int
    public let cause: VersionCause
    public let name: NodeName
    public let message: String?
    /// Live files and folders directly in it.
    public let elements: Int
    public let createdBy: AccountID
    public let createdAt: Timestamp
}

/// The statements on `folder_versions`.
package struct FolderVersionStore: Sendable {
    package init() {}

    /// Appends the next version of a folder as it is now.
    @discardableResult
    package func append(
        to record: NodeRecord, cause: VersionCause, message: String?, restore: RestoreID?, by account: AccountID,
        _ core: VaultCore, in transaction: borrowing Transaction
    ) throws -> FolderVersion {
        let key = try record.key(core.keyring)
        let meta = try NodeMeta.opened(record.sealedMeta, under: key, node: record.id)
        let latest = try transaction.first(
            "SELECT MAX(number) FROM folder_versions WHERE node_id = \(record.id)", { $0.optionalInt(0) })
        let elements = try transaction.first(
            "SELECT COUNT(*) FROM nodes WHERE parent_id = \(record.id) AND state = 0", { $0.int(0) })
        let version = FolderVersion(
            id: core.ids.next(), node: record.id, number: ((latest ?? nil) ?? 0) + 1, cause: cause, name: meta.name,
            message: message, elements: elements ?? 0, createdBy: account, createdAt: transaction.now)
        var fields = SealedFields()
        fields.set(1, version.name.text)
        fields.set(2, message)
        let sealed = key.seal(fields.encoded, context: Self.context(version.id, of: record.id, version.number))
        try transaction.run(
            """
            INSERT INTO folder_versions (node_id, number, id, cause, elements, restore_id, sealed_meta, created_by, created_at)
            VALUES (\(record.id), \(version.number), \(version.id), \(cause.rawValue), \(version.elements), \(restore.sqlValue),
                    \(sealed), \(account), \(transaction.now))
            """)
        return version
    }

    /// Newest first, those older than `before` when given.
    package func versions(
        of node: NodeID, before: Int?, limit: Int, key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [FolderVersion] {
        try reading.all(
            """
            SELECT id, number, cause, elements, sealed_meta, created_by, created_at FROM folder_versions
            WHERE node_id = \(node) AND number < \(before ?? Int.max) ORDER BY number DESC LIMIT \(limit)
            """
        ) { row in
            let (id, number): (VersionID, Int) = (row.id(0), row.int(1))
            var name = NodeName(trusted: "")
            var message: String?
            let plain: [UInt8]
            do { plain = try key.open(row.bytes(4), context: Self.context(id, of: node, number)) } catch {
                throw VaultError.tampered(node)
            }
            SealedFields.read(plain) { field, bytes in
                switch field {
                case 1: name = NodeName(trusted: String(field: bytes))
                case 2: message = String(field: bytes)
                default: break
                }
            }
            return FolderVersion(
                id: id, node: node, number: number, cause: VersionCause(rawValue: row.text(2)) ?? .restore, name: name,
                message: message, elements: row.int(3), createdBy: row.id(5), createdAt: row.timestamp(6))
        }
    }

    private static func context(_ id: VersionID, of node: NodeID, _ number: Int) -> SealContext {
        SealContext("cloudspace folder version", node.value, id.value, number: Int64(number))
    }
}
