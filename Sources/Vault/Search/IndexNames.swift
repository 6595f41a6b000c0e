import Database

/// Makes name indexes and keeps them up to date.
struct IndexNames: Sendable {
    let core: VaultCore

    /// More changes than this since an index was made: it is made anew.
    private static let mostChanges: Int64 = 20_000
    /// On an engine with several writers a change may become visible after a later one; so many are looked at again.
    private static let overlap: Int64 = 1_000

    /// The live names below `root`, itself left out, as of now.
    /// - Parameter space: the space that `root` lies in.
    func callAsFunction(below root: NodeID, in space: SpaceID) async throws -> NameIndex {
        if let kept = core.nameIndexes.index(of: root), let fresh = try await caughtUp(kept, below: root, in: space) {
            core.nameIndexes.keep(fresh, of: root)
            return fresh
        }
        let made = try await make(below: root)
        core.nameIndexes.keep(made, of: root)
        return made
    }

    /// Folder after folder, each in a reading of its own: a large tree holds nobody up. What changes meanwhile comes with
    /// the next catching up, since the index counts as made at its beginning.
    private func make(below root: NodeID) async throws -> NameIndex {
        let start = try await core.database.read { try Self.latestChange(in: $0) }
        var index = NameIndex(upTo: start)
        var folders = [root]
        while let folder = folders.popLast() {
            let found = try await core.database.read { snapshot in
                var found: [(id: NodeID, name: [UInt8], isFolder: Bool)] = []
                try Self.forEachLiveChild(of: folder, in: snapshot) { record in
                    guard let name = try name(of: record) else { return }
                    found.append((record.id, name, record.kind.isFolder))
                }
                return found
            }
            for node in found {
                index.append(node.id, node.name, isFolder: node.isFolder)
                if node.isFolder { folders.append(node.id) }
            }
        }
        return index
    }

    /// The index with what happened since; nil when it should be made anew.
    private func caughtUp(_ index: NameIndex, below root: NodeID, in space: SpaceID) async throws -> NameIndex? {
        let isWhole = root.value == space.value
        let overlap = core.database.dialect == .sqlite ? 0 : Self.overlap
        return try await core.database.read { snapshot in
            let latest = try Self.latestChange(in: snapshot)
            guard latest - index.upTo <= Self.mostChanges else { return nil }
            let start = index.upTo - overlap
            let rows = try snapshot.all(
                """
                SELECT sequence, node_id FROM node_history
                WHERE sequence > \(start) AND space_id = \(space) ORDER BY sequence
                """
            ) { row in (sequence: row.integer(0), node: row.id(1) as NodeID) }
            let changed = Set(rows.filter { !index.holds(change: $0.sequence) }.map(\.node))
            // Whether a node lies below a shared folder is not asked for each: that subtree is read again.
            guard isWhole || changed.isEmpty else { return nil }
            var index = index.isWorn ? index.renewed() : index
            for id in changed where id != root { try take(id, into: &index, snapshot) }
            index.caughtUp(to: latest)
            if overlap > 0 { index.remember(rows.map(\.sequence), behind: latest - overlap) }
            return index
        }
    }

    /// Notes what became of a node, and of what lies below it when it went to the trash or came back.
    private func take(_ id: NodeID, into index: inout NameIndex, _ snapshot: borrowing Snapshot) throws {
        guard let record = try NodeQueries.record(id, in: snapshot) else { return }
        guard record.state == .live else {
            index.change(id, to: nil)
            try snapshot.forEach("SELECT id FROM nodes WHERE trash_root = \(id)") { row in
                index.change(row.id(0), to: nil)
                return .more
            }
            return
        }
        index.change(id, to: try name(of: record), isFolder: record.kind.isFolder)
        var folders = record.kind.isFolder ? [id] : []
        while let folder = folders.popLast() {
            try Self.forEachLiveChild(of: folder, in: snapshot) { child in
                index.change(child.id, to: try name(of: child), isFolder: child.kind.isFolder)
                if child.kind.isFolder { folders.append(child.id) }
            }
        }
    }

    /// Nil for a node whose key is gone: it is being purged.
    private func name(of record: NodeRecord) throws -> [UInt8]? {
        guard record.wrappedKey != nil else { return nil }
        let meta = try NodeMeta.opened(record.sealedMeta, under: try record.key(core.keyring), node: record.id)
        return NameIndex.folded(meta.name.text)
    }

    private static func latestChange(in snapshot: borrowing Snapshot) throws -> Int64 {
        try snapshot.first("SELECT MAX(sequence) FROM node_history") { $0.optionalInteger(0) ?? 0 } ?? 0
    }

    private static func forEachLiveChild(
        of folder: NodeID, in snapshot: borrowing Snapshot, _ body: (NodeRecord) throws -> Void
    ) throws {
        try snapshot.forEach(
            """
            SELECT \(NodeQueries.columns)
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.parent_id = \(folder) AND n.state = 0
            """
        ) { row in
            try body(NodeRecord(row))
            return .more
        }
    }
}
