import Crypto
import Database

/// What one person may see of nodes now, found out once for each while an answer is put together.
struct ActivitySight {
    enum View { case own, shared, hidden }

    /// Nodes shared with one person that are looked at.
    private static let mostGrants = 10_000
    /// Deepest walk from a node to the top.
    private static let deepest = 200

    private struct Facts {
        let parent: NodeID?
        let isLive: Bool
    }

    let principal: Principal
    let ownSpaces: Set<SpaceID>
    /// What is shared with the person directly, the latest share first.
    let shares: [NodeID]
    private let granted: Set<NodeID>
    private var facts: [NodeID: Facts] = [:]
    /// Whether a grant lies on the node or above it.
    private var reached: [NodeID: Bool] = [:]

    init(of principal: Principal, in reading: borrowing some SQLReading & ~Copyable) throws {
        self.principal = principal
        let owned = try reading.all(
            "SELECT id FROM spaces WHERE owner_id = \(principal.account) ORDER BY id LIMIT 16"
        ) { row in row.id(0) as SpaceID }
        ownSpaces = Set(owned + [principal.space])
        shares = try reading.all(
            """
            SELECT node_id FROM grants WHERE grantee_id = \(principal.account)
            ORDER BY created_at DESC, node_id LIMIT \(Self.mostGrants)
            """
        ) { $0.id(0) }
        granted = Set(shares)
    }

    /// How the person stands to a node of the space. Their own they see in any state, those of others only alive.
    mutating func view(
        of node: NodeID, in space: SpaceID?, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> View {
        guard let space else { return .hidden }
        if ownSpaces.contains(space) { return .own }
        guard !granted.isEmpty, try facts(of: node, reading)?.isLive == true else { return .hidden }
        return try isReached(node, reading) ? .shared : .hidden
    }

    private mutating func isReached(
        _ node: NodeID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        var path: [NodeID] = []
        var next: NodeID? = node
        var answer = false
        while let current = next, path.count < Self.deepest {
            if let known = reached[current] {
                answer = known
                break
            }
            path.append(current)
            if granted.contains(current) {
                answer = true
                break
            }
            next = try facts(of: current, reading)?.parent
        }
        for step in path { reached[step] = answer }
        return answer
    }

    private mutating func facts(
        of node: NodeID, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> Facts? {
        if let known = facts[node] { return known }
        let found = try reading.first("SELECT parent_id, state FROM nodes WHERE id = \(node)") { row in
            Facts(parent: row.optionalID(0), isLive: row.integer(1) == NodeState.live.rawValue)
        }
        if let found { facts[node] = found }
        return found
    }
}

extension ActivitySight {
    /// Spaces of others in which something is shared with the person, those of the latest shares first.
    func sharedSpaces(limit: Int, in reading: borrowing some SQLReading & ~Copyable) throws -> [SpaceID] {
        guard !granted.isEmpty else { return [] }
        return try reading.all(
            """
            SELECT n.space_id, MAX(g.created_at) FROM grants g JOIN nodes n ON n.id = g.node_id
            WHERE g.grantee_id = \(principal.account) AND n.state = 0
            GROUP BY n.space_id ORDER BY 2 DESC, 1 LIMIT \(limit + ownSpaces.count)
            """
        ) { $0.id(0) as SpaceID }.filter { !ownSpaces.contains($0) }
    }
}
