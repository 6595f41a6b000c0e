import Database
import Synchronization
import Vault

/// The progress of one piece of work, counted in memory and written down at most once a second.
final class RunProgress: WorkProgress {
    /// Somebody cancelled the backup.
    struct Cancelled: Error {}

    private struct State {
        var count = WorkCount()
        var isCancelled = false
        /// Why the work must stop: the lease is gone, or the row could not be written any more.
        var failure: (any Error)?
    }

    private let state = Mutex(State())

    func expect(entries: Int, bytes: Int64) {
        state.withLock { state in
            state.count.totalEntries = Int64(clamping: entries)
            state.count.totalBytes = bytes
        }
    }

    func advance(entries: Int, bytes: Int64) {
        state.withLock { state in
            state.count.entries = state.count.entries.addingReportingOverflow(Int64(clamping: entries)).partialValue
            state.count.bytes = state.count.bytes.addingReportingOverflow(bytes).partialValue
        }
    }

    func check() throws {
        try Task.checkCancellation()
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            if state.isCancelled { throw Cancelled() }
        }
    }

    var count: WorkCount { state.withLock { $0.count } }
    var isCancelled: Bool { state.withLock { $0.isCancelled } }
    var failure: (any Error)? { state.withLock { $0.failure } }

    func cancel() { state.withLock { $0.isCancelled = true } }
    func fail(_ error: any Error) { state.withLock { $0.failure = $0.failure ?? error } }
}

/// Writes the progress of work down while it goes on, and hears when it is to stop.
struct ProgressWriter: Sendable {
    let progress: RunProgress
    /// Writes a count to the row.
    /// - Returns: whether the work is to be cancelled.
    let write: @Sendable (WorkCount) async throws -> Bool

    static let every: Duration = .seconds(1)

    /// Goes on until the task is cancelled.
    func run() async {
        while true {
            do { try await Task.sleep(for: Self.every) } catch { return }
            do {
                if try await write(progress.count) { progress.cancel() }
            } catch let lost as LeaseLost {
                return progress.fail(lost)
            } catch is CancellationError {
                return
            } catch {
                // A database that is away for a moment does not end an hour's work; its end will be told then.
            }
        }
    }

    /// Runs `body` while the progress is written down.
    func during<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                await run()
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                // The writer ended first: the lease is gone, and the work hears of it at its next step.
                if let result { return result }
            }
            throw CancellationError()
        }
    }
}
