package import Database

/// The statements that read the tree as it was (design, section 7).
///
/// A node's state at a moment is the last row of its history until then. A folder that goes to the trash writes one row, its
/// own: so a node was there when it and all folders above it were live.
package enum PastQueries {
    /// What `row` reads, in its order.
    private static let columns: SQL = """
        \(NodeQueries.columns), h.node_id, h.parent_id, h.kind, h.state, h.sealed_meta, h.head_number, h.size, h.valid_from
        """

    private static func row(_ row: borrowing Row) -> PastRow {
        PastRow(
            past: PastState(
                node: row.id(17), parent: row.optionalID(18), kind: NodeKind(rawValue: row.integer(19)) ?? .file,
                sealedMeta: row.optionalBytes(21), version: row.int(22), size: row.integer(23)),
            wasLive: row.integer(20) == NodeState.live.rawValue, validFrom: row.timestamp(24), today: NodeRecord(row))
    }

    /// - Returns: `nil` when there was no such node yet.
    package static func state(
        of node: NodeID, at moment: Timestamp, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> PastRow? {
        try reading.first(
            """
            SELECT \(columns)
            FROM node_history h JOIN nodes n ON n.id = h.node_id LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE h.node_id = \(node) AND h.valid_from <= \(moment)
            ORDER BY h.sequence DESC LIMIT 1
            """, { row($0) })
    }

    /// What lay in a folder, by id: those behind `after`. Of every node that ever lay there at most `limit` are looked at.
    /// - Returns: those that lay there then, and where the next page begins; `nil` behind the last.
    package static func children(
        of folder: NodeID, at moment: Timestamp, after: NodeID = NodeID(0), limit: Int,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (rows: [PastRow], next: NodeID?) {
        let rows = try reading.all(
            """
            SELECT \(columns)
            FROM (
                SELECT DISTINCT node_id FROM node_history WHERE parent_id = \(folder) AND node_id > \(after)
                ORDER BY node_id LIMIT \(limit)
            ) c
            JOIN node_history h ON h.sequence = COALESCE((
                SELECT l.sequence FROM node_history l WHERE l.node_id = c.node_id AND l.valid_from <= \(moment)
                ORDER BY l.sequence DESC LIMIT 1
            ), (SELECT MIN(f.sequence) FROM node_history f WHERE f.node_id = c.node_id))
            JOIN nodes n ON n.id = c.node_id LEFT JOIN file_keys k ON k.owner_id = n.id
            ORDER BY h.node_id
            """, { row($0) })
        // Of one that was not there yet the first row comes, which is later than the moment.
        let there = rows.filter { $0.wasLive && $0.past.parent == folder && $0.validFrom <= moment }
        return (there, rows.count == limit ? rows.last?.past.node : nil)
    }

    /// The node and the folders above it as they were, nearest first.
    /// - Returns: `nil` unless all of them were live.
    package static func chain(
        of node: NodeID, at moment: Timestamp, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [PastRow]? {
        var chain: [PastRow] = []
        var next: NodeID? = node
        while let id = next {
            guard chain.count <= 2 * NodeWrites.maximumDepth, let row = try state(of: id, at: moment, in: reading),
                row.wasLive
            else { return nil }
            chain.append(row)
            next = row.past.parent
        }
        return chain
    }

    /// Whether a node and all folders above it were live at a moment.
    /// - Parameter known: what was found out of folders before.
    package static func wasThere(
        _ node: NodeID, at moment: Timestamp, known: inout [NodeID: Bool],
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        var path: [NodeID] = []
        var next: NodeID? = node
        var answer = true
        while let id = next, path.count <= 2 * NodeWrites.maximumDepth {
            if let told = known[id] {
                answer = told
                break
            }
            path.append(id)
            let row = try reading.first(
                """
                SELECT parent_id, state FROM node_history WHERE node_id = \(id) AND valid_from <= \(moment)
                ORDER BY sequence DESC LIMIT 1
                """
            ) { row in (parent: row.optionalID(0) as NodeID?, isLive: row.integer(1) == NodeState.live.rawValue) }
            guard let row, row.isLive else {
                answer = false
                break
            }
            next = row.parent
        }
        // What one folder above says holds for all below it; of those below a missing one nothing is there.
        for id in path.dropFirst() { known[id] = answer }
        return answer
    }

    /// - Throws: `VaultError.past` for a moment that has not come, or at which the space was not there yet.
    package static func require(
        _ moment: Timestamp, in space: SpaceID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws {
        guard moment <= reading.now else { throw VaultError.past(.inTheFuture) }
        let begun = try reading.first("SELECT created_at FROM spaces WHERE id = \(space)") { $0.timestamp(0) }
        if let begun, moment < begun { throw VaultError.past(.beforeTheSpace(since: begun)) }
    }
}
