package import BlobStore
package import Database

/// One live file or folder as an archive in clear shows it.
package struct ArchivedNode: Sendable {
    package let id: NodeID
    package let kind: NodeKind
    package let name: NodeName
    /// When it was last changed; for a file that came out of an archive, before it came here.
    package let modified: Timestamp
    /// Of a file.
    package let content: Content?

    package struct Content: Sendable {
        package let version: Int
        /// Bytes.
        package let size: Int64
        package let sha256: [UInt8]
    }
}

/// Reads the tree for those who may read all of it: the jobs that make archives. Nothing is journalled for each file; whoever
/// asked for the archive is.
extension VaultCore {
    /// - Returns: nil when there is no such live node.
    package func archivedNode(
        _ id: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ArchivedNode? {
        guard let record = try NodeQueries.record(id, in: reading), record.state == .live else { return nil }
        return try archived(record, in: reading)
    }

    /// A page of a folder, in the order of its name tags.
    /// - Returns: the tag to go on behind; nil at the end.
    package func archivedChildren(
        of folder: NodeID, behind tag: [UInt8], limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (nodes: [ArchivedNode], next: [UInt8]?) {
        let rows = try NodeQueries.children(of: folder, behind: tag, limit: limit, in: reading)
        let nodes = try rows.map { try archived($0.record, in: reading) }
        return (nodes, rows.count < limit ? nil : rows.last?.tag)
    }

    private func archived(
        _ record: NodeRecord, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ArchivedNode {
        let key = try record.key(keyring)
        let meta = try NodeMeta.opened(record.sealedMeta, under: key, node: record.id)
        guard record.kind == .file, let head = record.head else {
            return ArchivedNode(
                id: record.id, kind: record.kind, name: meta.name, modified: record.updatedAt, content: nil)
        }
        guard let version = try versions.version(head.number, of: record.id, key: key, in: reading) else {
            throw VaultError.tampered(record.id)
        }
        return ArchivedNode(
            id: record.id, kind: .file, name: meta.name, modified: version.meta.modified ?? version.createdAt,
            content: ArchivedNode.Content(version: version.number, size: version.size, sha256: version.meta.sha256))
    }

    /// A reader of a version that a snapshot showed before.
    /// - Throws: `VaultError.notFound` when it was destroyed meanwhile, `.versionExpired`, `.tampered`.
    package func archivedContent(of id: NodeID, version: Int) async throws -> ContentReader {
        let found = try await database.read { [self] snapshot in
            guard let record = try NodeQueries.record(id, in: snapshot), record.state != .purged else {
                throw VaultError.notFound(.file)
            }
            return try locate(record, key: try record.key(keyring), version: version, in: snapshot)
        }
        return try await opener.open(found.blob, dataKey: found.dataKey)
    }

    /// The spaces of the vault, in order, each with its owner's e-mail address, empty for one that was erased.
    package func archivedSpaces(
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [(space: SpaceID, owner: AccountID, email: String)] {
        let rows = try reading.all("SELECT id, owner_id FROM spaces ORDER BY id") { row in
            (SpaceID(row.uuid(0)), AccountID(row.uuid(1)))
        }
        return try rows.map { ($0.0, $0.1, try people.card($0.1, in: reading).email) }
    }
}
