import Database
import Journal

/// One way into the journal that an index keeps in order.
struct ActivityStream: Sendable, Hashable {
    enum Column: Sendable { case space, actor, target }

    let column: Column
    @Words128 var id: UInt128

    static func space(_ space: SpaceID) -> ActivityStream { ActivityStream(column: .space, id: space.value) }
    static func actor(_ account: AccountID) -> ActivityStream { ActivityStream(column: .actor, id: account.value) }
    static func target(_ node: NodeID) -> ActivityStream { ActivityStream(column: .target, id: node.value) }

    var condition: SQL {
        switch column {
        case .space: "e.space_id = \(id)"
        case .actor: "e.actor_id = \(id)"
        case .target: "e.target_id = \(id)"
        }
    }
}

/// A row of the journal that people are told of, still sealed.
struct ActivityRow: Sendable {
    let sequence: Int64
    let time: Timestamp
    let actorKind: ActorKind
    let actor: AccountID?
    let action: ActivityAction
    /// `nil`: an account.
    let kind: NodeKind?
    @Words128 private(set) var target: UInt128
    let space: SpaceID?
    let sealedDetails: [UInt8]?

    /// - Returns: `nil` for an act that is not in the document's list.
    init?(_ row: borrowing Row) {
        guard let action = ActivityAction(journalled: row.text(4)) else { return nil }
        sequence = row.integer(0)
        time = row.timestamp(1)
        actorKind = ActorKind(rawValue: row.int(2)) ?? .system
        actor = row.optionalID(3)
        self.action = action
        kind = NodeKind(documentName: row.text(5))
        _target = Words128(wrappedValue: row.uuid(6))
        space = row.optionalID(7)
        sealedDetails = row.optionalBytes(8)
    }
}

/// The statements that read the journal for people. Bounded, and in the order of an index.
enum ActivityRows {
    /// What is shown at all: what was done, not what was refused, and each reading once (`ReadLedger` counts repeats in
    /// rows of their own, whose details are in the clear).
    private static let shown: SQL = """
        e.outcome = 1 AND e.target_id IS NOT NULL
        AND NOT (e.details IS NOT NULL AND e.action IN ('file_viewed', 'file_downloaded'))
        """

    /// Newest first: the events of a stream from `floor` on and before `cursor`.
    static func newest(
        of stream: ActivityStream, _ actions: SQL, from floor: Int64, before cursor: Int64, limit: Int,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [ActivityRow] {
        try reading.all(
            """
            SELECT e.sequence, e.time, e.actor_kind, e.actor_id, e.action, e.target_kind, e.target_id, e.space_id,
                   e.sealed_details
            FROM journal_events e
            WHERE \(stream.condition) AND e.sequence >= \(floor) AND e.sequence < \(cursor)
              AND \(actions) AND \(shown)
            ORDER BY e.sequence DESC LIMIT \(limit)
            """
        ) { ActivityRow($0) }.compactMap { $0 }
    }

    /// The number of the oldest of the newest `count` events of a stream before `cursor`; `nil` when there are no more
    /// than so many.
    static func floor(
        of stream: ActivityStream, newest count: Int, before cursor: Int64,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Int64? {
        try reading.first(
            """
            SELECT e.sequence FROM journal_events e WHERE \(stream.condition) AND e.sequence < \(cursor)
            ORDER BY e.sequence DESC LIMIT 1 OFFSET \(count)
            """
        ) { $0.integer(0) + 1 }
    }

    /// The newest event of each file that the stream's events speak of, newest first.
    static func newestOfEachFile(
        in stream: ActivityStream, _ actions: SQL, from floor: Int64, before cursor: Int64,
        _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> [(node: NodeID, sequence: Int64)] {
        try reading.all(
            """
            SELECT e.target_id, MAX(e.sequence)
            FROM journal_events e
            WHERE \(stream.condition) AND e.sequence >= \(floor) AND e.sequence < \(cursor)
              AND e.target_kind = 'fichier' AND \(actions) AND \(shown)
            GROUP BY e.target_id ORDER BY 2 DESC
            """
        ) { row in (node: row.id(0), sequence: row.integer(1)) }
    }

    /// Said like this the index by action is not taken: it would read the acts of the whole vault.
    static func among(_ actions: [ActivityAction]) -> SQL {
        var list: SQL = ""
        for (index, name) in actions.flatMap(\.journalled).enumerated() {
            list = index == 0 ? "\(name)" : "\(list), \(name)"
        }
        return "NOT (e.action NOT IN (\(list)))"
    }
}
