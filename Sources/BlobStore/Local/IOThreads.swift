import Crypto

/// Runs blocking calls on threads of their own, a bounded number waiting.
struct IOThreads: Sendable {
    private let pool: WorkerPool

    init(_ pool: WorkerPool) {
        self.pool = pool
    }

    func run<T: Sendable>(_ body: @escaping @Sendable () throws(BlobStoreError) -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let isQueued = pool.submit {
                continuation.resume(
                    with: Result { () throws(BlobStoreError) in try body() }.mapError { $0 as any Error })
            }
            if !isQueued { continuation.resume(throwing: BlobStoreError.overloaded) }
        }
    }

    /// - Returns: false when too many jobs wait already.
    func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
        pool.submit(body)
    }
}

extension BlobStoreError {
    static var overloaded: BlobStoreError { .unavailable("too many requests wait for the disk") }
}
