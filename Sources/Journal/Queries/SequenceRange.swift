public import Database

/// An inclusive range of event numbers.
struct SequenceRange: Sendable, Equatable {
    /// Nil when the range is empty.
    private(set) var first: Int64?
    private(set) var last: Int64?

    init(first: Int64, last: Int64) {
        guard first <= last else { return }
        self.first = first
        self.last = last
    }

    static let all = SequenceRange(first: .min, last: .max)

    func before(_ sequence: Int64) -> SequenceRange {
        guard let first, let last, sequence > .min else { return SequenceRange(first: 1, last: 0) }
        return SequenceRange(first: first, last: min(last, sequence - 1))
    }

    func after(_ sequence: Int64) -> SequenceRange {
        guard let first, let last, sequence < .max else { return SequenceRange(first: 1, last: 0) }
        return SequenceRange(first: max(first, sequence + 1), last: last)
    }
}

extension Journal {
    /// A number that no event from `moment` on is below; older events may be above it.
    public func firstSequence(
        since moment: Timestamp, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Int64 {
        try sequences(from: moment, to: nil, in: reading).first ?? .max
    }

    /// A range of numbers that holds every event of a time; it may hold others too.
    ///
    /// Numbers grow with time except where a clock was set back, so the journal has no index by time: the spans of the
    /// full blocks of 256 leaves give the bounds, and whatever is newer than those is looked at as it is. That serves
    /// every index by another column as well, since each of them is ordered by number within one value.
    func sequences(
        from: Timestamp?, to: Timestamp?, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> SequenceRange {
        guard from != nil || to != nil else { return .all }
        guard let covered = try reading.number("SELECT max(last_sequence) FROM journal_spans") else { return .all }
        // Events after this number may be in no full block.
        let tail = covered - reorderWindow

        var first = Int64.min
        if let from {
            let block = try reading.number("SELECT min(first_sequence) FROM journal_spans WHERE last_time >= \(from)")
            first = min(block ?? .max, tail + 1)
        }
        var last = Int64.max
        if let to, try !reading.exists("SELECT 1 FROM journal_events WHERE sequence > \(tail) AND time < \(to)") {
            last = try reading.number("SELECT max(last_sequence) FROM journal_spans WHERE first_time < \(to)") ?? .min
        }
        return SequenceRange(first: first, last: last)
    }
}

extension SQLReading where Self: ~Copyable {
    /// The number in the first column of the first row; nil when there is no row or it holds NULL.
    borrowing func number(_ sql: SQL) throws -> Int64? {
        try first(sql) { $0.optionalInteger(0) } ?? nil
    }
}
