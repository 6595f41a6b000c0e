package import Database

/// The statements that read `nodes`.
package enum NodeQueries {
    /// What `NodeRecord.init` reads, in its order.
    static let columns: SQL = """
        n.id, n.space_id, n.parent_id, n.kind, n.state, n.sealed_meta, n.revision, n.head_number, n.head_id, n.size,
        n.category, n.created_by, n.created_at, n.updated_at, n.trashed_at, k.generation, k.wrapped
        """

    package static func record(_ id: NodeID, in reading: borrowing some SQLReading & ~Copyable) throws -> NodeRecord? {
        try reading.first(
            """
            SELECT \(columns)
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.id = \(id)
            """, { NodeRecord($0) })
    }

    static func live(
        named tag: [UInt8], in parent: NodeID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> NodeRecord? {
        try reading.first(
            """
            SELECT \(columns)
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.parent_id = \(parent) AND n.name_tag = \(tag) AND n.state = 0
            """, { NodeRecord($0) })
    }

    /// Live children of a folder, at most `limit`, in no order that a person would know (names are sealed).
    static func children(
        of parent: NodeID, limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeRecord] {
        try reading.all(
            """
            SELECT \(columns)
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.parent_id = \(parent) AND n.state = 0
            ORDER BY n.id LIMIT \(limit)
            """, { NodeRecord($0) })
    }

    /// Trashed nodes that were put there themselves (not with their folder), newest first.
    static func trashed(
        in space: SpaceID, limit: Int, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeRecord] {
        try reading.all(
            """
            SELECT \(columns)
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.space_id = \(space) AND n.state = 1 AND n.trash_root = n.id
            ORDER BY n.trashed_at DESC, n.id DESC LIMIT \(limit)
            """, { NodeRecord($0) })
    }

    /// The same list in pages: those behind `cursor`.
    static func trashed(
        in space: SpaceID, after cursor: TrashCursor?, limit: Int, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeRecord] {
        let from = cursor ?? TrashCursor(at: .max, id: NodeID(.max))
        return try reading.all(
            """
            SELECT \(columns)
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.space_id = \(space) AND n.state = 1 AND n.trash_root = n.id
                  AND (n.trashed_at < \(from.at) OR n.trashed_at = \(from.at) AND n.id < \(from.id))
            ORDER BY n.trashed_at DESC, n.id DESC LIMIT \(limit)
            """, { NodeRecord($0) })
    }

    /// Numbers of live children for each child folder of `parent`.
    static func childCounts(
        below parent: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeID: Int] {
        let pairs = try reading.all(
            """
            SELECT f.id, COUNT(*) FROM nodes f JOIN nodes c ON c.parent_id = f.id AND c.state = 0
            WHERE f.parent_id = \(parent) AND f.state = 0 AND f.kind <> 0
            GROUP BY f.id
            """, { row in (NodeID(row.uuid(0)), row.int(1)) })
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// The node and its ancestors, nearest first, up to the root of the space.
    package static func ancestors(
        of node: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeRecord] {
        try reading.all(
            """
            WITH RECURSIVE chain (depth, id, parent_id) AS (
                SELECT 0, id, parent_id FROM nodes WHERE id = \(node)
                UNION ALL
                SELECT c.depth + 1, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id WHERE c.depth < 200
            )
            SELECT \(columns)
            FROM chain c JOIN nodes n ON n.id = c.id LEFT JOIN file_keys k ON k.owner_id = n.id
            ORDER BY c.depth
            """, { NodeRecord($0) })
    }
}

extension NodeQueries {
    /// Levels of live nodes from `node` down, itself included.
    static func height(of node: NodeID, in reading: borrowing some SQLReading & ~Copyable) throws -> Int {
        try reading.first(
            """
            WITH RECURSIVE sub (id, depth) AS (
                SELECT id, 1 FROM nodes WHERE id = \(node)
                UNION ALL
                SELECT n.id, s.depth + 1 FROM nodes n JOIN sub s ON n.parent_id = s.id WHERE n.state = 0 AND s.depth < 200
            )
            SELECT MAX(depth) FROM sub
            """, { $0.optionalInt(0) ?? 1 }) ?? 1
    }

    /// Live nodes from `node` down, itself included, counted no further than one past `limit`.
    static func size(
        of node: NodeID, upTo limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Int {
        try reading.first(
            """
            WITH RECURSIVE sub (id) AS (
                SELECT id FROM nodes WHERE id = \(node)
                UNION ALL
                SELECT n.id FROM nodes n JOIN sub s ON n.parent_id = s.id WHERE n.state = 0
            )
            SELECT COUNT(*) FROM (SELECT id FROM sub LIMIT \(limit + 1)) counted
            """, { $0.int(0) }) ?? 0
    }

    /// Live children of a folder in the order of their name tags, those behind `tag`: one page of a walk through it. The
    /// index of names gives that order, so that no page costs more than the one before.
    package static func children(
        of parent: NodeID, behind tag: [UInt8], limit: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [(record: NodeRecord, tag: [UInt8])] {
        try reading.all(
            """
            SELECT \(columns), n.name_tag
            FROM nodes n LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE n.parent_id = \(parent) AND n.state = 0 AND n.name_tag > \(tag)
            ORDER BY n.name_tag LIMIT \(limit)
            """, { (NodeRecord($0), $0.bytes(17)) })
    }
}

/// A place in a list of the trash.
struct TrashCursor: Sendable {
    let at: Int64
    let id: NodeID

    init(at: Int64, id: NodeID) {
        self.at = at
        self.id = id
    }

    init(_ record: NodeRecord) { self.init(at: record.trashedAt?.milliseconds ?? .min, id: record.id) }
}
