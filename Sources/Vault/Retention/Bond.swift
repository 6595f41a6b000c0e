public import Database

/// One reason why something cannot be destroyed now.
public struct Bond: Sendable, Equatable {
    public enum Rule: Sendable, Equatable {
        case hold(HoldID)
        /// The youngest version it covers is not old enough.
        case retention(RetentionPolicyID, RetentionMode)
        /// A folder that bears a policy stays while the policy is in force.
        case bearer(RetentionPolicyID, RetentionMode)
    }

    public let rule: Rule
    /// When it ends by itself; `nil` when somebody has to end it.
    public let until: Timestamp?
    /// The node it lies on: this one, one above it, or one below.
    public let place: NodeID
    /// The node was taken out of the rule's folder and carries it along.
    public let isCarried: Bool

    /// Whether this one stands in the way for longer, or more firmly: a hold before a policy, a later end before an earlier.
    func isStricter(than other: Bond) -> Bool {
        if weight != other.weight { return weight > other.weight }
        return (until?.milliseconds ?? .max) > (other.until?.milliseconds ?? .max)
    }

    private var weight: Int {
        switch rule {
        case .hold: 2
        case .retention: 1
        case .bearer: 0
        }
    }

    /// Whether who manages retention may go past it, for one destruction, with a reason.
    var isBypassable: Bool {
        switch rule {
        case .hold: false
        case .retention(_, let mode), .bearer(_, let mode): mode == .governance
        }
    }
}

/// What an act would destroy or take away.
enum Extent {
    /// A node and all that lives below it.
    case live(NodeID)
    /// A node of the trash and all that went there with it.
    case trashed(NodeID)
    /// One node, whatever lies below it.
    case alone(NodeID)

    var node: NodeID {
        switch self {
        case .live(let id), .trashed(let id), .alone(let id): id
        }
    }

    /// The table expression `sub (id)` for `WITH RECURSIVE`.
    var sub: SQL {
        switch self {
        case .live(let id):
            """
            sub (id) AS (
                SELECT id FROM nodes WHERE id = \(id)
                UNION ALL
                SELECT n.id FROM nodes n JOIN sub ON n.parent_id = sub.id WHERE n.state = 0
            )
            """
        case .trashed(let id): "sub (id) AS (SELECT id FROM nodes WHERE trash_root = \(id))"
        case .alone(let id): "sub (id) AS (SELECT id FROM nodes WHERE id = \(id))"
        }
    }

    /// The table expression `chain (depth, id, parent_id)`: the node and all above it.
    var chain: SQL {
        """
        chain (depth, id, parent_id) AS (
            SELECT 0, id, parent_id FROM nodes WHERE id = \(node)
            UNION ALL
            SELECT c.depth + 1, p.id, p.parent_id FROM chain c JOIN nodes p ON p.id = c.parent_id WHERE c.depth < 200
        )
        """
    }
}
