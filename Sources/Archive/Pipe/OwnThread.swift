import Crypto

/// Runs what blocks on a thread that is started for it, never on Swift's cooperative pool.
package enum OwnThread {
    /// Waits for `body` as a task does. Cancelling the task does not end `body`: what it waits for has to.
    /// - Throws: what `body` throws; `ArchiveError.outOfMemory` when there is no thread to be had.
    package static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let pool = WorkerPool(threads: 1, queueLimit: 0, standing: .background)
        return try await withCheckedThrowingContinuation { continuation in
            let isRunning = pool.submit { continuation.resume(with: Swift.Result { try body() }) }
            if !isRunning { continuation.resume(throwing: ArchiveError.outOfMemory) }
        }
    }
}
