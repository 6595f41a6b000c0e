import Crypto

/// Runs work on files on threads of its own: a slow disk holds up nobody but who waits for it.
enum FileWork {
    private static let pool = WorkerPool(threads: 2, queueLimit: 256)

    /// - Throws: what `work` throws; `ProgramError.failed` when too much of it waits.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            let isTaken = pool.submit { continuation.resume(returning: Result { try work() }) }
            if !isTaken {
                continuation.resume(returning: .failure(ProgramError.failed("too much work on files waits")))
            }
        }
        return try result.get()
    }
}
