import Synchronization

/// Opened metadata of nodes, bounded, so that a folder seen twice is opened once. Keyed by the row's revision: a changed
/// row is another entry, a shredded node is never asked for again.
package final class OpenedNames: Sendable {
    private struct Entry {
        let revision: Int64
        let meta: NodeMeta
    }

    private let keyring: Keyring
    private let entries = Mutex<[UInt128: Entry]>([:])
    private let limit: Int

    /// - Parameter limit: entries kept; about 150 bytes each.
    init(keyring: Keyring, limit: Int = 60_000) {
        self.keyring = keyring
        self.limit = limit
    }

    package func meta(of record: NodeRecord) throws -> NodeMeta {
        if let entry = entries.withLock({ $0[record.id.value] }), entry.revision == record.revision {
            return entry.meta
        }
        let meta = try NodeMeta.opened(record.sealedMeta, under: try record.key(keyring), node: record.id)
        entries.withLock { entries in
            if entries.count >= limit { entries.removeAll(keepingCapacity: false) }
            entries[record.id.value] = Entry(revision: record.revision, meta: meta)
        }
        return meta
    }

    /// Forgets names whose keys are destroyed: none outlives its key in this node's memory. Other nodes never show such a
    /// name either, since they look for its row first; it leaves their memory with the rest.
    func forget(_ nodes: [NodeID]) {
        entries.withLock { entries in for node in nodes { entries.removeValue(forKey: node.value) } }
    }
}
