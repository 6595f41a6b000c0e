public import Database

/// Which recorded events one wants to see. Filters that are set must all match.
public struct JournalQuery: Sendable, Hashable {
    public enum Order: Sendable, Hashable {
        case newestFirst, oldestFirst
    }

    /// Most events in one answer.
    public static let largestLimit = 1000

    /// From this moment on.
    public var from: Timestamp?
    /// Before this moment.
    public var to: Timestamp?
    @OptionalWords128 public var actorID: UInt128?
    /// Any of these; empty for all.
    public var actions: [String]
    public var targetKind: String?
    @OptionalWords128 public var targetID: UInt128?
    @OptionalWords128 public var spaceID: UInt128?
    public var outcome: Outcome?
    public var order: Order
    /// The sequence of the last event of the answer before; nil for the first.
    public var cursor: Int64?
    /// 1 to ``largestLimit``; numbers outside are brought in.
    public var limit: Int

    /// - Parameter action: the only one wanted.
    public init(
        from: Timestamp? = nil, to: Timestamp? = nil, actorID: UInt128? = nil, action: String? = nil,
        targetKind: String? = nil, targetID: UInt128? = nil, spaceID: UInt128? = nil, outcome: Outcome? = nil,
        order: Order = .newestFirst, cursor: Int64? = nil, limit: Int = 100
    ) {
        self.from = from
        self.to = to
        _actorID = OptionalWords128(wrappedValue: actorID)
        actions = action.map { [$0] } ?? []
        self.targetKind = targetKind
        _targetID = OptionalWords128(wrappedValue: targetID)
        _spaceID = OptionalWords128(wrappedValue: spaceID)
        self.outcome = outcome
        self.order = order
        self.cursor = cursor
        self.limit = limit
    }
}

extension Journal {
    /// Recorded events that match, in the query's order; the last one's sequence is the cursor of the next answer.
    ///
    /// - Throws: `JournalError.damagedEvent` for a row that the journal never wrote; `DatabaseError`.
    public func events(
        _ query: JournalQuery, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [JournalRow] {
        try events(query, within: sequences(from: query.from, to: query.to, in: reading), in: reading)
    }

    /// The same when the sequences of the query's time are known already.
    func events(
        _ query: JournalQuery, within sequences: SequenceRange, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [JournalRow] {
        var sequences = sequences
        if let cursor = query.cursor {
            switch query.order {
            case .newestFirst: sequences = sequences.before(cursor)
            case .oldestFirst: sequences = sequences.after(cursor)
            }
        }
        guard let first = sequences.first, let last = sequences.last else { return [] }
        guard query.actions.count > 1 else {
            return try reading.all(query.statement(query.actions.first, first: first, last: last)) {
                try JournalRow($0)
            }
        }
        // The index gives each action's events in order; one statement for several would have to sort them all.
        var rows: [JournalRow] = []
        for action in Set(query.actions) {
            rows += try reading.all(query.statement(action, first: first, last: last)) { try JournalRow($0) }
        }
        switch query.order {
        case .newestFirst: rows.sort { $0.sequence > $1.sequence }
        case .oldestFirst: rows.sort { $0.sequence < $1.sequence }
        }
        return Array(rows.prefix(query.effectiveLimit))
    }

    /// The recorded event with this number; nil when there is none.
    public func event(
        sequence: Int64, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> JournalRow? {
        try reading.first(
            """
            SELECT \(JournalRow.columns), l.leaf_index
            FROM journal_events e LEFT JOIN journal_leaves l ON l.sequence = e.sequence
            WHERE e.sequence = \(sequence)
            """
        ) { try JournalRow($0) }
    }
}

extension JournalQuery {
    fileprivate var effectiveLimit: Int { min(max(limit, 1), Self.largestLimit) }

    /// The filters of one kind each become `= $n`; an index serves each of the first three, and the space, together with the range of
    /// sequences and the order.
    func statement(_ action: String?, first: Int64, last: Int64) -> SQL {
        var conditions: SQL = "e.sequence >= \(first) AND e.sequence <= \(last)"
        if let targetID { conditions = "\(conditions) AND e.target_id = \(targetID)" }
        if let actorID { conditions = "\(conditions) AND e.actor_id = \(actorID)" }
        if let action { conditions = "\(conditions) AND e.action = \(action)" }
        if let targetKind { conditions = "\(conditions) AND e.target_kind = \(targetKind)" }
        if let spaceID {
            // A target or an actor narrows more than a space does: said like this, its index is not taken.
            let isNarrowed = targetID != nil || actorID != nil
            conditions =
                isNarrowed
                ? "\(conditions) AND NOT (e.space_id <> \(spaceID))" : "\(conditions) AND e.space_id = \(spaceID)"
        }
        if let outcome {
            conditions = "\(conditions) AND e.outcome = \(outcome.rawValue)"
            // Said once more in the words of the index, which holds what did not succeed.
            if outcome != .success { conditions = "\(conditions) AND e.outcome <> 1" }
        }
        if let from { conditions = "\(conditions) AND e.time >= \(from)" }
        if let to { conditions = "\(conditions) AND e.time < \(to)" }
        let direction: SQL =
            switch order {
            case .newestFirst: "DESC"
            case .oldestFirst: "ASC"
            }
        return """
            SELECT \(JournalRow.columns), l.leaf_index
            FROM journal_events e LEFT JOIN journal_leaves l ON l.sequence = e.sequence
            WHERE \(conditions)
            ORDER BY e.sequence \(direction) LIMIT \(effectiveLimit)
            """
    }
}
