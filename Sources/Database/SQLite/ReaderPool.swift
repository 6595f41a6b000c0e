/// Threads that read, each with a connection of its own.
///
/// A thread opens a snapshot for the reading it took and keeps it for further readings that were queued
/// before it was opened: they miss nothing by it, and the cost of opening and of waking is shared.
final class ReaderPool: Sendable {
    private let queue: Monitor<Queue>
    private let clock: any WallClock

    /// The most readings on one snapshot: an old snapshot keeps the log from being reused.
    private static let mostOnOneSnapshot = 64

    private struct Queue: Sendable {
        var waiting = ReadQueue()
        let limit: Int
        var stopping = false
    }

    private enum Turn {
        /// Readings with a smaller ticket were queued before now.
        case read(PendingRead, ticketsBelow: UInt64)
        case stop
    }

    init(
        _ settings: SQLiteSettings, threads: Int, queueLimit: Int, clock: any WallClock, departure: Departure
    ) throws(DatabaseError) {
        self.clock = clock
        queue = Monitor(Queue(limit: queueLimit))
        do throws(DatabaseError) {
            for _ in 0..<max(1, threads) {
                let connection = try SQLiteConnection(settings, role: .reader)
                try WorkerThread.start(owning: connection, departure: departure) { [self] connection in
                    work(connection)
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
extension ReaderPool {
    private func work(_ connection: SQLiteConnection) {
        while case .read(let first, let ticketsBelow) = next() {
            do {
                try connection.run("BEGIN")
            } catch {
                first.fail(error)
                try? connection.recover()
                continue
            }
            var read = Optional(first)
            var taken = 0
            while let current = read {
                current.attempt(on: connection, now: clock.now())
                current.finish()
                taken += 1
                // Not one more than is read here: nobody else would.
                read =
                    taken < Self.mostOnOneSnapshot
                    ? queue.withLock { $0.waiting.popFirst(ticketBelow: ticketsBelow) } : nil
            }
            do {
                try connection.run("COMMIT")
            } catch {
                try? connection.recover()
            }
        }
    }

    private func next() -> Turn {
        queue.wait { queue in
            if let read = queue.waiting.popFirst(ticketBelow: .max) {
                return .read(read, ticketsBelow: queue.waiting.nextTicket)
            }
            return queue.stopping ? .stop : nil
        }
    }
}
