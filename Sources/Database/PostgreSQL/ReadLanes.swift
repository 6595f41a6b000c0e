/// Threads that read, each with a connection of its own.
///
/// A thread opens a snapshot for the reading it took and keeps it for further readings that were queued before it was
/// opened: they miss nothing by it, and the cost of opening is shared.
final class ReadLanes: Sendable {
    private let queue: Monitor<Queue>
    private let availability: Availability
    private let clock: any WallClock

    /// The most readings on one snapshot: an old snapshot keeps dead rows from being removed.
    private static let mostOnOneSnapshot = 64
    /// How often a reading is tried whose connection broke or whose statements had to be prepared anew.
    private static let mostAttempts = 3

    private struct Queue: Sendable {
        var waiting = ReadQueue()
        let limit: Int
        var stopping = false
    }

    private enum Turn {
        /// Readings with a smaller ticket were queued before now.
        case read(PendingRead, ticketsBelow: UInt64)
        /// There is work, but the lane has no connection.
        case connect
        case stop
    }

    init(
        _ settings: PostgreSQLSettings, threads: Int, queueLimit: Int, availability: Availability, clock: any WallClock,
        departure: Departure
    ) throws(DatabaseError) {
        self.availability = availability
        self.clock = clock
        queue = Monitor(Queue(limit: queueLimit))
        do throws(DatabaseError) {
            for _ in 0..<max(1, threads) {
                try WorkerThread.start(owning: settings, departure: departure) { [self] settings in
                    work(Line(settings, availability: availability))
                }
            }
        } catch {
            requestStop()
            throw error
        }
    }

    /// Queues a reading; refusals are given to its caller.
    func submit(_ read: PendingRead) {
        let refusal: DatabaseError? = queue.update { queue in
            if queue.stopping { return .closed }
            if let obstacle = availability.obstacle { return obstacle }
            if queue.waiting.count >= queue.limit { return .overloaded }
            queue.waiting.append(read)
            return nil
        }
        if let refusal { read.fail(refusal) }
    }

    /// Has the threads end after what is queued.
    func requestStop() {
        queue.updateAll { $0.stopping = true }
    }
}

/// What each thread does.
extension ReadLanes {
    private func work(_ line: Line) {
        while true {
            line.probeWhileAway(refuse: refuseAll)
            switch next(isConnected: line.isConnected) {
            case .read(let read, let ticketsBelow): serve(read, ticketsBelow, on: line)
            case .connect: line.restore(refuse: refuseAll, passOn: { queue.update { _ in } })
            case .stop: return
            }
        }
    }

    private func next(isConnected: Bool) -> Turn {
        queue.wait { queue in
            guard queue.waiting.count > 0 else { return queue.stopping ? .stop : nil }
            guard isConnected, let read = queue.waiting.popFirst(ticketBelow: .max) else { return .connect }
            return .read(read, ticketsBelow: queue.waiting.nextTicket)
        }
    }

    private func refuseAll(_ error: DatabaseError) {
        while let read = queue.withLock({ $0.waiting.popFirst(ticketBelow: .max) }) { read.fail(error) }
    }

    private func serve(_ first: PendingRead, _ ticketsBelow: UInt64, on line: Line) {
        var snapshot: PostgreSQLConnection?
        var read = Optional(first)
        var taken = 0
        while let current = read {
            answer(current, on: line, &snapshot)
            taken += 1
            // Not one more than is read here: nobody else would.
            read =
                taken < Self.mostOnOneSnapshot
                ? queue.withLock { $0.waiting.popFirst(ticketBelow: ticketsBelow) } : nil
        }
        if let snapshot, case .kept = snapshot.commit() { return }
        snapshot?.rollback()
    }

    /// Runs one reading and resumes its caller, on the open snapshot or on a new one.
    private func answer(_ read: PendingRead, on line: Line, _ snapshot: inout PostgreSQLConnection?) {
        for attempt in 1...Self.mostAttempts {
            let connection: PostgreSQLConnection
            do throws(Line.Refusal) {
                if let snapshot { connection = snapshot } else { connection = try line.connect() }
            } catch {
                read.fail(error.error)
                if error.verdict == .away { refuseAll(error.error) }
                return
            }
            if snapshot == nil { connection.begin(.snapshot) }
            snapshot = connection
            read.attempt(on: connection, now: clock.now())
            switch connection.fate {
            case .open:
                read.finish()
                if connection.failure != nil {
                    connection.rollback()
                    snapshot = nil
                }
                return
            case .again:
                connection.rollback()
                snapshot = nil
                if attempt == Self.mostAttempts { read.fail(.conflict) }
            case .lost(let error):
                line.drop()
                snapshot = nil
                if attempt == Self.mostAttempts { read.fail(error) }
            }
        }
    }
}
