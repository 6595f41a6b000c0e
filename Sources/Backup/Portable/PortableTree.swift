import Database
import Vault

/// What a portable archive shows: the live tree of its scope, as one snapshot sees it.
struct PortableTree: Sendable {
    private(set) var entries: [PortableEntry] = []
    private(set) var moment = Timestamp(milliseconds: 0)
    private(set) var files = 0
    private(set) var folders = 0
    private(set) var bytes: Int64 = 0

    /// Each takes some 300 bytes of memory while the archive is made.
    static let mostEntries = 1_000_000
    private static let pageSize = 500

    private struct Level {
        let folder: NodeID
        let path: String
        var tag: [UInt8] = []
    }

    /// - Throws: `ArchiveRefusal.nothingToBackUp`; `VaultError.tooManyItems`.
    init(of scope: BackupScope, core: VaultCore, in snapshot: borrowing Snapshot) throws {
        moment = snapshot.now
        switch scope {
        case .file(let id), .folder(let id, _):
            guard let node = try core.archivedNode(id, in: snapshot) else { throw ArchiveRefusal.nothingToBackUp }
            try add(node, at: node.name.text)
            if node.content == nil { try walk(id, below: node.name.text + "/", core, snapshot) }
        case .space(let id):
            guard try core.archivedNode(NodeID(id.value), in: snapshot) != nil else {
                throw ArchiveRefusal.nothingToBackUp
            }
            try walk(NodeID(id.value), below: "", core, snapshot)
        case .system:
            var taken: Set<[UInt8]> = []
            for (space, _, email) in try core.archivedSpaces(in: snapshot) {
                guard let root = try core.archivedNode(NodeID(space.value), in: snapshot) else { continue }
                // An address is a name that every system takes but for "/", which no mailbox here has.
                var name = (try? NodeName(email))?.text ?? "\(space)"
                if !taken.insert(Array(name.utf8)).inserted { name = "\(name) (\(space))" }
                entries.append(
                    PortableEntry(
                        path: name, node: root.id, kind: .folder, modified: root.modified.milliseconds, content: nil))
                folders += 1
                try walk(root.id, below: name + "/", core, snapshot)
            }
        }
    }

    private mutating func add(_ node: ArchivedNode, at path: String) throws {
        guard entries.count < Self.mostEntries else { throw VaultError.tooManyItems(limit: Self.mostEntries) }
        entries.append(
            PortableEntry(
                path: path, node: node.id, kind: node.kind, modified: node.modified.milliseconds,
                content: node.content))
        if let content = node.content {
            files += 1
            bytes += content.size
        } else {
            folders += 1
        }
    }

    private mutating func walk(
        _ root: NodeID, below path: String, _ core: VaultCore, _ snapshot: borrowing Snapshot
    ) throws {
        var levels = [Level(folder: root, path: path)]
        while let level = levels.popLast() {
            guard levels.count < Self.mostEntries else { throw VaultError.tooManyItems(limit: Self.mostEntries) }
            let (nodes, next) = try core.archivedChildren(
                of: level.folder, behind: level.tag, limit: Self.pageSize, in: snapshot)
            if let next { levels.append(Level(folder: level.folder, path: level.path, tag: next)) }
            for node in nodes {
                let place = level.path + node.name.text
                try add(node, at: place)
                if node.content == nil { levels.append(Level(folder: node.id, path: place + "/")) }
            }
        }
    }
}
