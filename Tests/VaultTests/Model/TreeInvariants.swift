import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

/// What must hold of a vault's tree at any moment, whatever was done to it, read from its rows.
struct TreeInvariants: Sendable {
    private struct Row: Sendable {
        let id: NodeID
        let space: SpaceID
        let parent: NodeID?
        let kind: NodeKind
        let state: NodeState
        let head: Int
        let size: Int64
        let category: FileCategory
        let trashRoot: NodeID?
    }

    /// - Returns: what is wrong, a sentence each; none when all is well.
    static func violations(in world: World) async throws -> [String] {
        let rows = try await world.database.read { snapshot in
            try snapshot.all(
                "SELECT id, space_id, parent_id, kind, state, head_number, size, category, trash_root FROM nodes ORDER BY id"
            ) { row in
                Row(
                    id: row.id(0), space: row.id(1), parent: row.optionalID(2),
                    kind: NodeKind(rawValue: row.integer(3)) ?? .file,
                    state: NodeState(rawValue: row.integer(4)) ?? .purged, head: row.int(5), size: row.integer(6),
                    category: FileCategory(rawValue: row.integer(7)) ?? .other, trashRoot: row.optionalID(8))
            }
        }
        let byID = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
        var wrong: [String] = []
        for row in rows { wrong += shape(of: row, byID) }
        wrong += try await names(rows, world)
        wrong += try await usage(rows, world)
        wrong += try await history(rows, world)
        wrong += try await keysAndContents(rows, world)
        return wrong
    }

    /// No cycle, no orphan, nothing live in a file, in the trash or in what is gone.
    private static func shape(of row: Row, _ all: [NodeID: Row]) -> [String] {
        var wrong: [String] = []
        var seen: Set<NodeID> = [row.id]
        var above = row.parent
        while let id = above {
            guard seen.insert(id).inserted else { return ["\(row.id) lies in a circle"] }
            guard let folder = all[id] else { return ["\(row.id) has no way to its root"] }
            if folder.kind == .file { wrong.append("\(row.id) lies in a file") }
            if row.state == .live, folder.state != .live { wrong.append("\(row.id) is live below \(folder.state)") }
            if folder.space != row.space { wrong.append("\(row.id) lies in another's space") }
            above = folder.parent
        }
        if seen.count > NodeWrites.maximumDepth + 1 { wrong.append("\(row.id) lies \(seen.count) deep") }
        if row.parent == nil, row.id.value != row.space.value { wrong.append("\(row.id) hangs in the air") }
        if (row.trashRoot != nil) != (row.state == .trashed) { wrong.append("\(row.id) is half in the trash") }
        if let root = row.trashRoot, all[root]?.trashRoot != root {
            wrong.append("\(row.id) went with what is not there")
        }
        return wrong
    }

    /// Opened, no two live nodes in one place have one name.
    private static func names(_ rows: [Row], _ world: World) async throws -> [String] {
        try await world.database.read { [keyring = world.core.keyring] snapshot in
            var taken: [NodeID: Set<[UInt8]>] = [:]
            var wrong: [String] = []
            for row in rows where row.state == .live && row.parent != nil {
                guard let parent = row.parent, let record = try NodeQueries.record(row.id, in: snapshot) else {
                    continue
                }
                let meta = try NodeMeta.opened(record.sealedMeta, under: try record.key(keyring), node: row.id)
                if !taken[parent, default: []].insert(meta.name.folded).inserted {
                    wrong.append("\(meta.name) is twice in \(parent)")
                }
            }
            return wrong
        }
    }

    /// The counters are the sums.
    private static func usage(_ rows: [Row], _ world: World) async throws -> [String] {
        struct Key: Hashable { let space: SpaceID, category: FileCategory, state: NodeState }
        var sums: [Key: (files: Int64, bytes: Int64)] = [:]
        for row in rows where row.kind == .file && row.state != .purged {
            let key = Key(space: row.space, category: row.category, state: row.state)
            sums[key, default: (0, 0)].files += 1
            sums[key, default: (0, 0)].bytes += row.size
        }
        let kept = try await world.database.read { snapshot in
            try snapshot.all("SELECT space_id, category, trashed, files, bytes FROM space_usage") { row in
                (
                    space: row.id(0) as SpaceID, category: FileCategory(rawValue: row.integer(1)) ?? .other,
                    state: NodeState(rawValue: row.integer(2)) ?? .live, files: row.integer(3), bytes: row.integer(4)
                )
            }
        }
        var wrong: [String] = []
        for counter in kept {
            let key = Key(space: counter.space, category: counter.category, state: counter.state)
            let sum = sums.removeValue(forKey: key) ?? (0, 0)
            if sum != (counter.files, counter.bytes) {
                wrong.append("\(key) counts \(counter.files) files and \(counter.bytes) bytes, there are \(sum)")
            }
        }
        return wrong + sums.map { "\($0.key) is not counted" }
    }

    /// The last line of a node's history is what the node is.
    private static func history(_ rows: [Row], _ world: World) async throws -> [String] {
        let last = try await world.database.read { snapshot in
            try snapshot.all(
                """
                SELECT h.node_id, h.parent_id, h.state, h.head_number, h.size FROM node_history h
                JOIN (SELECT node_id, MAX(sequence) AS newest FROM node_history GROUP BY node_id) l ON l.newest = h.sequence
                """
            ) { row in
                (
                    row.id(0) as NodeID, parent: row.optionalID(1) as NodeID?,
                    state: NodeState(rawValue: row.integer(2)) ?? .live, head: row.int(3), size: row.integer(4)
                )
            }
        }
        let byID = Dictionary(uniqueKeysWithValues: last.map { ($0.0, $0) })
        return rows.compactMap { row in
            guard let line = byID[row.id] else { return "\(row.id) has no history" }
            // What went to the trash with its folder has no line of its own for it.
            let state = row.state == .trashed && row.trashRoot != row.id ? NodeState.live : row.state
            let isSame = line.parent == row.parent && line.state == state && line.head == row.head
            return isSame && line.size == row.size ? nil : "\(row.id) is \(row), its history says \(line)"
        }
    }

    /// What is there opens; of what is gone neither key nor content is left.
    private static func keysAndContents(_ rows: [Row], _ world: World) async throws -> [String] {
        try await world.database.read { [core = world.core] snapshot in
            var wrong: [String] = []
            for row in rows {
                guard let record = try NodeQueries.record(row.id, in: snapshot) else { continue }
                let contents = try snapshot.first(
                    "SELECT COUNT(*) FROM blobs WHERE node_id = \(row.id)", { $0.int(0) })
                if row.state == .purged {
                    if record.wrappedKey != nil { wrong.append("\(row.id) is gone, its key is not") }
                    if contents != 0 { wrong.append("\(row.id) is gone, its content is not") }
                } else if row.kind == .file {
                    let key = try record.key(core.keyring)
                    let found = try core.locate(record, key: key, in: snapshot)
                    if found.version.size != row.size { wrong.append("\(row.id) has another size than its version") }
                }
            }
            return wrong
        }
    }
}
