import Database

/// Several streams of the journal as one, newest first, each event once. Rows are read as they are wanted.
struct ActivityMerge {
    private struct Source {
        let stream: ActivityStream
        /// No row below is read.
        let floor: Int64
        var cursor: Int64
        /// What was read and not taken, newest last.
        var waiting: [ActivityRow] = []
        var batch = 32
        var isDry = false
    }

    private let actions: SQL
    private var sources: [Source] = []
    /// Below this number some stream is not read to its end, so nothing is told of it yet.
    private(set) var horizon = Int64.min

    init(_ actions: [ActivityAction]) { self.actions = ActivityRows.among(actions) }

    /// Adds a stream that is read to its end over several pages: of one page, `budget` rows at most.
    mutating func add(
        _ stream: ActivityStream, before cursor: Int64, budget: Int, in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        let floor = try ActivityRows.floor(of: stream, newest: budget, before: cursor, in: reading)
        if let floor { horizon = max(horizon, floor) }
        sources.append(Source(stream: stream, floor: floor ?? .min, cursor: cursor))
    }

    /// Adds a stream of which only the newest `count` rows ever count.
    mutating func add(
        _ stream: ActivityStream, before cursor: Int64, onlyNewest count: Int,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws {
        let floor = try ActivityRows.floor(of: stream, newest: count, before: .max, in: reading)
        sources.append(Source(stream: stream, floor: floor ?? .min, cursor: cursor))
    }

    /// The next event; `nil` at the end or at the horizon.
    mutating func next(in reading: borrowing some SQLReading & ~Copyable) throws -> ActivityRow? {
        var newest = Int64.min
        for index in sources.indices {
            try fill(index, in: reading)
            if let head = sources[index].waiting.last?.sequence { newest = max(newest, head) }
        }
        guard newest > .min, newest >= horizon else { return nil }
        var found: ActivityRow?
        for index in sources.indices where sources[index].waiting.last?.sequence == newest {
            found = sources[index].waiting.popLast()
        }
        return found
    }

    private mutating func fill(_ index: Int, in reading: borrowing some SQLReading & ~Copyable) throws {
        guard sources[index].waiting.isEmpty, !sources[index].isDry else { return }
        let source = sources[index]
        let rows = try ActivityRows.newest(
            of: source.stream, actions, from: source.floor, before: source.cursor, limit: source.batch, in: reading)
        sources[index].isDry = rows.count < source.batch
        sources[index].batch = min(512, source.batch * 4)
        if let last = rows.last { sources[index].cursor = last.sequence }
        sources[index].waiting = rows.reversed()
    }
}
