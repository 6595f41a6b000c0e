import Crypto
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
        // What was renamed while the names were read may have been met twice, or not at all: it is looked at again.
        let begun = try await make(below: root)
        let latest = try await core.database.read { try Self.latestChange(in: $0) }
        let made = latest == begun.upTo ? begun : try await caughtUp(begun, below: root, in: space) ?? begun
        core.nameIndexes.keep(made, of: root)
        return made
    }

    /// Page after page, each in a reading of its own: a large tree holds nobody up. A page's names are opened while the next
    /// one is read. What changes meanwhile comes with the catching up, since the index counts as made at its beginning.
    private func make(below root: NodeID) async throws -> NameIndex {
        let start = try await core.database.read { try Self.latestChange(in: $0) }
        return try await withThrowingTaskGroup(of: [Named].self) { group in
            var index = NameIndex(upTo: start)
            var folders = [(id: root, behind: [UInt8]())]
            var opening = 0
            func take(_ names: [Named]) {
                opening -= 1
                for node in names {
                    index.append(node.id, node.name, isFolder: node.isFolder)
                    if node.isFolder { folders.append((node.id, [])) }
                }
            }
            while true {
                while let place = folders.popLast() {
                    let page = try await core.database.read { snapshot in
                        try Self.page(of: place.id, behind: place.behind, in: snapshot)
                    }
                    if page.count == Self.pageSize, let last = page.last { folders.append((place.id, last.tag)) }
                    if opening >= Self.mostOpening, let names = try await group.next() { take(names) }
                    opening += 1
                    group.addTask { try page.compactMap(opened) }
                }
                guard let names = try await group.next() else { return index }
                take(names)
            }
        }
    }

    /// Names read at a time, and how many such pages wait to be opened.
    private static let pageSize = 1_000
    private static let mostOpening = 3

    private struct Named: Sendable {
        let id: NodeID
        let name: [UInt8]
        let isFolder: Bool
    }

    /// The columns that an index is made of.
    private struct SealedName: Sendable {
        let id: NodeID
        let space: SpaceID
        let isFolder: Bool
        let sealed: [UInt8]
        let key: WrappedKey?
        let tag: [UInt8]
    }

    private static func page(
        of folder: NodeID, behind tag: [UInt8], in snapshot: borrowing Snapshot
    ) throws -> [SealedName] {
        try snapshot.all(
            """
            SELECT n.id, n.space_id, n.kind, n.sealed_meta, n.name_tag, k.generation, k.wrapped
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.parent_id = \(folder) AND n.state = 0 AND n.name_tag > \(tag)
            ORDER BY n.name_tag LIMIT \(pageSize)
            """
        ) { row in
            SealedName(
                id: row.id(0), space: row.id(1), isFolder: row.integer(2) != NodeKind.file.rawValue,
                sealed: row.optionalBytes(3) ?? [],
                key: row.isNull(5) ? nil : WrappedKey(generation: row.int(5), bytes: row.bytes(6)), tag: row.bytes(4))
        }
    }

    /// Nil for a node whose key is gone: it is being purged.
    private func opened(_ node: SealedName) throws -> Named? {
        guard let wrapped = node.key else { return nil }
        let key: SealingKey
        do {
            key = try core.keyring.unwrapNodeKey(wrapped, node: node.id, space: node.space)
        } catch { throw VaultError.tampered(node.id) }
        let name = try NodeMeta.openedName(node.sealed, under: key, node: node.id)
        return Named(id: node.id, name: NameIndex.folded(name), isFolder: node.isFolder)
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
            // Below a shared folder each changed node is asked where it lies; for too many, reading anew is less work.
            guard isWhole || changed.count <= Self.mostPlaced else { return nil }
            var index = index.isWorn ? index.renewed() : index
            for id in changed where id != root {
                if isWhole {
                    try take(id, into: &index, snapshot)
                } else {
                    try place(id, below: root, into: &index, snapshot)
                }
            }
            index.caughtUp(to: latest)
            if overlap > 0 { index.remember(rows.map(\.sequence), behind: latest - overlap) }
            return index
        }
    }

    /// Changed nodes for which the way up to a shared folder is walked.
    private static let mostPlaced = 500

    /// Notes what became of a node of a space of which only a part is indexed.
    private func place(
        _ id: NodeID, below root: NodeID, into index: inout NameIndex, _ snapshot: borrowing Snapshot
    ) throws {
        guard let record = try NodeQueries.record(id, in: snapshot) else { return }
        let isInside =
            try record.state == .live
            && NodeQueries.ancestors(of: id, in: snapshot).dropFirst().contains { $0.id == root }
        if isInside { return try take(id, into: &index, snapshot) }
        // Elsewhere, and always was; or it went away from here, with all that is below it.
        guard index.knows(id) else { return }
        if record.state != .live { return try take(id, into: &index, snapshot) }
        var gone = [id]
        while let node = gone.popLast() {
            index.change(node, to: nil)
            try Self.forEachLiveChild(of: node, in: snapshot) { gone.append($0.id) }
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
