package import Crypto
public import Database

/// Why a version exists.
public enum VersionCause: String, Sendable, CaseIterable {
    case upload, edit, restore, copy
    case imported = "import"
}

/// What a version says about itself, sealed under its node's key. The content's hash is in here and not in the clear:
/// a stolen database must not confirm a guess about a document.
public struct VersionMeta: Sendable, Equatable {
    public var name: NodeName
    public var mediaType: String
    public var message: String?
    /// 32 bytes.
    public var sha256: [UInt8]
    /// 16 bytes, only where a family promises it or the client sent one.
    public var md5: [UInt8]?
    /// When the content was last changed before it came here, as an archive said.
    public var modified: Timestamp?

    func sealed(under key: SealingKey, for place: VersionPlace) -> [UInt8] {
        var fields = SealedFields()
        fields.set(1, name.text)
        fields.set(2, mediaType)
        fields.set(3, message)
        fields.set(4, sha256)
        if let md5 { fields.set(5, md5) }
        if let modified {
            fields.set(6, (0..<8).map { UInt8(truncatingIfNeeded: modified.milliseconds >> (56 - 8 * $0)) })
        }
        return key.seal(fields.encoded, context: place.context)
    }

    static func opened(
        _ sealed: [UInt8], under key: SealingKey, for place: VersionPlace
    ) throws -> VersionMeta {
        let plain: [UInt8]
        do { plain = try key.open(sealed, context: place.context) } catch { throw VaultError.tampered(place.node) }
        var meta = VersionMeta(
            name: NodeName(trusted: ""), mediaType: MediaType.unknown, message: nil, sha256: [], md5: nil)
        SealedFields.read(plain) { number, bytes in
            switch number {
            case 1: meta.name = NodeName(trusted: String(field: bytes))
            case 2: meta.mediaType = String(field: bytes)
            case 3: meta.message = String(field: bytes)
            case 4: meta.sha256 = Array(bytes)
            case 5: meta.md5 = Array(bytes)
            case 6: meta.modified = Timestamp(milliseconds: bytes.reduce(0) { $0 << 8 | Int64($1) })
            default: break
            }
        }
        return meta
    }
}

/// What the sealed metadata of a version is bound to: nobody who can write to the database can give a version another
/// number, file or content unnoticed.
struct VersionPlace {
    let id: VersionID
    let node: NodeID
    let number: Int
    let blob: BlobID

    var context: SealContext {
        SealContext("cloudspace version metadata", node.value, id.value, blob.value, number: Int64(number))
    }
}

/// One immutable version of a file.
public struct Version: Sendable, Equatable {
    public let id: VersionID
    public let node: NodeID
    /// From 1, without gaps.
    public let number: Int
    public let blob: BlobID
    /// Bytes.
    public let size: Int64
    public let cause: VersionCause
    /// The version whose content this one brought back.
    public let restoredFrom: Int?
    public let meta: VersionMeta
    public let createdBy: AccountID
    public let createdAt: Timestamp

    package init(
        id: VersionID, node: NodeID, number: Int, blob: BlobID, size: Int64, cause: VersionCause, restoredFrom: Int?,
        meta: VersionMeta, createdBy: AccountID, createdAt: Timestamp
    ) {
        self.id = id
        self.node = node
        self.number = number
        self.blob = blob
        self.size = size
        self.cause = cause
        self.restoredFrom = restoredFrom
        self.meta = meta
        self.createdBy = createdBy
        self.createdAt = createdAt
    }
}

/// The statements that make and read versions. The row, the head and the tree history move together.
package struct VersionStore: Sendable {
    package init() {}

    /// - Returns: `nil` when the file has no version of that number.
    package func version(
        _ number: Int, of node: NodeID, key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Version? {
        try reading.first(
            """
            SELECT id, number, blob_id, size, cause, restored_from, sealed_meta, created_by, created_at
            FROM versions WHERE node_id = \(node) AND number = \(number)
            """, { try Self.read($0, node: node, key: key) })
    }

    /// Newest first, those older than `before` when given.
    package func versions(
        of node: NodeID, before: Int?, limit: Int, key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Version] {
        try reading.all(
            """
            SELECT id, number, blob_id, size, cause, restored_from, sealed_meta, created_by, created_at
            FROM versions WHERE node_id = \(node) AND number < \(before ?? Int.max)
            ORDER BY number DESC LIMIT \(limit)
            """, { try Self.read($0, node: node, key: key) })
    }

    /// Which versions of a file have expired, from `first` to `last`, with when.
    package func expired(
        of node: NodeID, from first: Int, to last: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [Int: Timestamp] {
        let pairs = try reading.all(
            """
            SELECT number, expired_at FROM expired_versions
            WHERE node_id = \(node) AND number >= \(first) AND number <= \(last) ORDER BY number
            """
        ) { row in (row.int(0), row.timestamp(1)) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// - Throws: `VaultError.versionExpired` when a policy let the content of that version go.
    package func requireUnexpired(
        _ number: Int, of node: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        let isGone = try reading.exists(
            "SELECT 1 FROM expired_versions WHERE node_id = \(node) AND number = \(number)")
        if isGone { throw VaultError.versionExpired(number: number) }
    }

    private static func read(_ row: borrowing Row, node: NodeID, key: SealingKey) throws -> Version {
        let place = VersionPlace(id: row.id(0), node: node, number: row.int(1), blob: row.id(2))
        return Version(
            id: place.id, node: node, number: place.number, blob: place.blob, size: row.integer(3),
            cause: VersionCause(rawValue: row.text(4)) ?? .edit, restoredFrom: row.optionalInt(5),
            meta: try VersionMeta.opened(row.bytes(6), under: key, for: place), createdBy: row.id(7),
            createdAt: row.timestamp(8))
    }

    func insert(_ version: Version, key: SealingKey, in transaction: borrowing Transaction) throws {
        let place = VersionPlace(id: version.id, node: version.node, number: version.number, blob: version.blob)
        try transaction.run(
            """
            INSERT INTO versions (id, node_id, number, blob_id, size, cause, restored_from, sealed_meta, created_by, created_at)
            VALUES (\(version.id), \(version.node), \(version.number), \(version.blob), \(version.size), \(version.cause.rawValue),
                    \(version.restoredFrom.sqlValue), \(version.meta.sealed(under: key, for: place)), \(version.createdBy),
                    \(version.createdAt))
            """)
    }
}

extension VersionStore {
    /// Makes `version` the current one: its row, the head of the node, the tree history and the usage.
    /// - Returns: the node as it is now.
    package func append(
        _ version: Version, to access: borrowing Access<Edit>, meta: NodeMeta, usage: UsageLedger,
        in transaction: borrowing Transaction
    ) throws -> Node {
        let old = access.record
        let category = FileCategory(mediaType: meta.mediaType)
        try insert(version, key: access.key, in: transaction)
        let head = VersionHead(number: version.number, id: version.id)
        try NodeWrites.setHead(
            old, to: head, size: version.size, category: category,
            sealedMeta: meta.sealed(under: access.key, node: old.id),
            by: version.createdBy, in: transaction)
        try usage.add(files: -1, bytes: -old.size, category: old.category, state: .live, in: old.space, transaction)
        try usage.add(files: 1, bytes: version.size, category: category, state: .live, in: old.space, transaction)
        return Node(
            id: old.id, space: old.space, parent: old.parent, kind: old.kind, state: .live, meta: meta,
            revision: old.revision + 1, head: head, size: version.size, createdBy: old.createdBy,
            createdAt: old.createdAt,
            updatedAt: transaction.now, trashedAt: nil)
    }
}
