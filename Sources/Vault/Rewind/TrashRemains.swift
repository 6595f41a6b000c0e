package import Database

extension VaultCore {
    /// Gives what is left of a set in the trash, of which folders were brought back one by one, roots of its own: it can be
    /// seen in the trash, brought back and purged as before, and was in the trash all along.
    ///
    /// Nodes whose folder is still in the set stay with it.
    package func regroupTrash(
        of root: NodeID, in space: SpaceID, by principal: Principal, _ transaction: borrowing Transaction
    ) throws {
        let left = try transaction.all(
            "SELECT id, parent_id FROM nodes WHERE trash_root = \(root) ORDER BY id"
        ) { row in (id: row.id(0) as NodeID, parent: row.optionalID(1) as NodeID?) }
        let parents = Dictionary(uniqueKeysWithValues: left.map { ($0.id, $0.parent) })
        var tops: [NodeID: NodeID] = [:]
        for (id, _) in left {
            var path = [id]
            while let last = path.last, tops[last] == nil, let parent = parents[last] ?? nil, parents[parent] != nil,
                path.count <= 2 * NodeWrites.maximumDepth
            {
                path.append(parent)
            }
            guard let last = path.last else { continue }
            let top = tops[last] ?? last
            for node in path { tops[node] = top }
        }
        for (id, top) in tops.sorted(by: { $0.key.value < $1.key.value }) where top != root {
            try transaction.run("UPDATE nodes SET trash_root = \(top), revision = revision + 1 WHERE id = \(id)")
            guard id == top, let record = try NodeQueries.record(id, in: transaction) else { continue }
            // The history had it in the trash through the folder above it, which is live again.
            try NodeWrites.appendHistory(
                id, space: space, parent: record.parent, kind: record.kind, state: .trashed,
                sealedMeta: record.sealedMeta, head: record.head?.number ?? 0, size: record.size,
                by: principal.account, in: transaction)
        }
    }
}
