import Database

/// What a copy will be made of, as one reading found it.
struct CopyPlan: Sendable {
    struct Item: Sendable {
        let source: NodeID
        /// The new node's identity, known before it is there: its content is sealed for it.
        let copy: NodeID
        /// Place of the folder it lies in, in `items`; `nil` for the first.
        let parent: Int?
        let kind: NodeKind
        /// As it was then: names that are read one after the other could be the same twice.
        let meta: NodeMeta
        /// The current version of a file.
        let version: Int?
        let size: Int64
    }

    /// A folder before what is in it; the node that was asked for first.
    let items: [Item]
    /// Levels of the tree.
    let height: Int
    /// Bytes of all files.
    let size: Int64

    init(
        _ id: NodeID, to target: CopyTarget, _ core: VaultCore, as principal: Principal,
        in snapshot: borrowing Snapshot
    ) throws {
        let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
        guard access.record.parent != nil else { throw VaultError.notFound(.file) }
        let place = try core.copyPlace(of: access.record, target, for: principal, in: snapshot)
        let rows = try snapshot.all(
            """
            WITH RECURSIVE sub (depth, id) AS (
                SELECT 1, id FROM nodes WHERE id = \(id)
                UNION ALL
                SELECT s.depth + 1, n.id FROM nodes n JOIN sub s ON n.parent_id = s.id
                WHERE n.state = 0 AND s.depth <= \(NodeWrites.maximumDepth)
            )
            SELECT \(NodeQueries.columns), s.depth
            FROM (SELECT depth, id FROM sub LIMIT \(CopyNode.mostNodes + 1)) s
            JOIN nodes n ON n.id = s.id LEFT JOIN file_keys k ON k.owner_id = n.id
            ORDER BY s.depth, n.id
            """, { (record: NodeRecord($0), depth: $0.int(17)) })
        guard rows.count <= CopyNode.mostNodes else { throw VaultError.tooManyItems(limit: CopyNode.mostNodes) }
        var places: [NodeID: Int] = [:]
        var items: [Item] = []
        var size: Int64 = 0
        for (record, _) in rows {
            let isFile = record.kind == .file
            size += isFile ? record.size : 0
            let key = try record.key(core.keyring)
            let item = Item(
                source: record.id, copy: core.ids.next(),
                parent: items.isEmpty ? nil : record.parent.flatMap { places[$0] }, kind: record.kind,
                meta: try NodeMeta.opened(record.sealedMeta, under: key, node: record.id),
                version: isFile ? record.head?.number : nil, size: isFile ? record.size : 0)
            places[record.id] = items.count
            items.append(item)
        }
        self.items = items
        height = rows.last?.depth ?? 1
        self.size = size
        try core.usage.check(size, in: place.record.space, snapshot)
    }
}

extension VaultCore {
    /// The folder that a copy goes to, if the caller may put it there.
    func copyPlace(
        of record: NodeRecord, _ target: CopyTarget, for principal: Principal,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Access<Edit> {
        let wanted: NodeID
        switch target {
        case .beside: wanted = record.parent ?? principal.root
        case .folder(let folder): wanted = folder ?? principal.root
        }
        let place: Access<Edit>
        do {
            place = try grants.require(Edit.self, on: wanted, for: principal, as: .folder, in: reading)
        } catch VaultError.notFound {
            throw VaultError.destinationNotFound
        }
        guard place.record.kind.isFolder else { throw VaultError.destinationNotFound }
        return place
    }
}
