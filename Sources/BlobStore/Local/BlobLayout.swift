import Crypto

/// Where things lie in a local store's directory.
struct BlobLayout: Sendable {
    let root: String

    private var unfinished: String { "\(root)/tmp" }

    func path(of key: BlobKey) -> String { "\(root)/\(key.path)" }

    /// The folder that holds the blob's name.
    func folder(of key: BlobKey) -> String { "\(root)/\(key.shard.0)/\(key.shard.1)" }

    /// A name that no other upload has.
    func freshUnfinishedPath(for key: BlobKey) -> String { "\(unfinished)/\(key.hex)-\(Hex.encode(Random.bytes(8)))" }

    func make() throws(BlobStoreError) {
        try Directory.make(root)
        try Directory.make(unfinished)
        try Directory.sync(root)
    }

    /// Gives an uploaded file, synced already, its final name. Durable on return.
    func publish(_ unfinishedPath: String, as key: BlobKey) throws(BlobStoreError) {
        let folder = folder(of: key)
        if try !Directory.rename(unfinishedPath, to: path(of: key)) {
            let outer = "\(root)/\(key.shard.0)"
            if try Directory.make(outer) { try Directory.sync(root) }
            // Synced also when another upload made it: that one's sync may still be under way.
            try Directory.make(folder)
            try Directory.sync(outer)
            guard try Directory.rename(unfinishedPath, to: path(of: key)) else { throw .missing(key) }
        }
        try Directory.sync(folder)
    }

    func list(after: BlobKey?, limit: Int) throws(BlobStoreError) -> [BlobEntry] {
        var entries: [BlobEntry] = []
        let start = after?.shard
        for outer in try shards(in: root) where outer >= start?.0 ?? "" {
            for inner in try shards(in: "\(root)/\(outer)") {
                if let start, (outer, inner) < start { continue }
                for name in try Directory.names("\(root)/\(outer)/\(inner)") {
                    guard let key = BlobKey(hex: name), after.map({ key > $0 }) ?? true else { continue }
                    guard entries.count < limit else { return entries }
                    // Gone since the folder was read: it was deleted.
                    guard let status = try Directory.status(path(of: key)) else { continue }
                    entries.append(BlobEntry(key: key, size: status.size, modified: status.modified))
                }
            }
        }
        return entries
    }

    private func shards(in folder: String) throws(BlobStoreError) -> [String] {
        try Directory.names(folder).filter { $0.utf8.count == 2 }
    }

    func removeUnfinished(olderThan age: Int64) throws(BlobStoreError) -> Int {
        try Directory.removeFiles(in: unfinished, olderThanMs: age)
    }
}
