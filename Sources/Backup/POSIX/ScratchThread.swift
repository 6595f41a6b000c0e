import BlobStore
import Crypto

/// One thread for blocking calls on scratch files.
final class ScratchThread: Sendable {
    private let pool = WorkerPool(threads: 1, queueLimit: 256, standing: .background)

    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = pool.submit { continuation.resume(with: Result { try work() }) }
            if !isTaken {
                continuation.resume(throwing: BlobStoreError.unavailable("too much waits for scratch files"))
            }
        }
    }
}
