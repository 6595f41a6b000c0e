public import Database

public enum ClusterNodeEntity {}
/// One run of the program on one machine: a restart is another node.
public typealias ClusterNodeID = ID<ClusterNodeEntity>

/// A node as the others see it.
public struct ClusterNode: Sendable, Equatable {
    public let id: ClusterNodeID
    /// How it is known to the operator: the machine's name and where it listens.
    public let label: String
    /// The program's version.
    public let version: String
    public let startedAt: Timestamp
    /// By the node's own clock.
    public let seenAt: Timestamp
}

/// Tells the other nodes, and the operator, that this one is alive.
public final class ClusterMembership: Sendable {
    /// How often a node tells.
    static let beatEvery: Duration = .seconds(5)
    /// A node unheard of for longer is shown as silent, in milliseconds: three beats, and seconds between clocks.
    public static let silentAfter: Int64 = 20_000
    /// A node unseen for a day is forgotten, in milliseconds. Until then its row says when it was last alive.
    static let forgottenAfter: Int64 = 24 * 3_600 * 1_000

    public let id: ClusterNodeID
    public let startedAt: Timestamp
    private let database: any Database

    init(id: ClusterNodeID, database: any Database, startedAt: Timestamp) {
        self.id = id
        self.database = database
        self.startedAt = startedAt
    }

    /// Writes the node's row.
    public func beat(label: String, version: String) async throws {
        try await database.write { [id, startedAt] transaction in
            try transaction.run(
                """
                INSERT INTO cluster_nodes (id, label, version, started_at, seen_at)
                VALUES (\(id), \(label), \(version), \(startedAt), \(transaction.now))
                ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, label = excluded.label
                """)
        }
    }

    /// Beats until the task is cancelled; a beat that fails is followed by the next.
    public func run(label: String, version: String) async {
        while !Task.isCancelled {
            try? await beat(label: label, version: version)
            try? await Task.sleep(for: Self.beatEvery)
        }
    }

    /// Removes the node's row: it stops in good order.
    public func leave() async throws {
        try await database.write { [id] transaction in
            try transaction.run("DELETE FROM cluster_nodes WHERE id = \(id)")
        }
    }

    /// The nodes that are known, oldest first, at most 1,000.
    public func nodes() async throws -> [ClusterNode] {
        try await database.read { snapshot in
            try snapshot.all(
                """
                SELECT id, label, version, started_at, seen_at FROM cluster_nodes ORDER BY started_at, id LIMIT 1000
                """
            ) { row in
                ClusterNode(
                    id: row.id(0), label: row.text(1), version: row.text(2), startedAt: row.timestamp(3),
                    seenAt: row.timestamp(4))
            }
        }
    }

    static func forgetDead(in transaction: borrowing Transaction) throws {
        try transaction.run(
            "DELETE FROM cluster_nodes WHERE seen_at < \(transaction.now.milliseconds - forgottenAfter)")
    }
}
