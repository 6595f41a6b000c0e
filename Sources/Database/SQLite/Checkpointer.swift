import Synchronization

/// Keeps the write-ahead log bounded without holding up the writer.
///
/// A thread with a connection of its own copies the log into the database file while the writer goes
/// on. SQLite can start the log anew only at a moment when all of it has been copied, which under load
/// never comes by itself; so when the log has grown long, the writer copies the little that the thread
/// has left. Both happen after the callers of a group were resumed.
final class Checkpointer: Sendable {
    private let requests = Monitor(Requests())

    private struct Requests: Sendable {
        var isWanted = false
        var isRunning = false
        var stopping = false
    }

    private enum Turn { case checkpoint, stop }

    init(_ settings: SQLiteSettings, departure: Departure) throws(DatabaseError) {
        let connection = try SQLiteConnection(settings, role: .checkpointer)
        try WorkerThread.start(owning: connection, departure: departure) { [requests] connection in
            while case .checkpoint = Self.next(requests) {
                // A failure is met again, and reported, by the writer's next commit.
                _ = try? connection.checkpoint(.passive)
                requests.withLock { $0.isRunning = false }
            }
        }
    }

    /// Asks for a checkpoint; a request made while one is running is dropped.
    func request() {
        requests.update { if !$0.isRunning { $0.isWanted = true } }
    }

    var isIdle: Bool { requests.withLock { !$0.isRunning && !$0.isWanted } }

    func requestStop() {
        requests.updateAll { $0.stopping = true }
    }

    private static func next(_ requests: Monitor<Requests>) -> Turn {
        requests.wait { requests in
            if requests.stopping { return .stop }
            guard requests.isWanted else { return nil }
            requests.isWanted = false
            requests.isRunning = true
            return .checkpoint
        }
    }
}
