import Glibc
import Synchronization

/// Runs async work to its end on the thread that calls, which must be allowed to block.
///
/// The work does not need Swift's cooperative pool, so it ends even when every thread of the pool waits for it.
enum CallingThread {
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let executor = ThreadExecutor()
        let box = ResultBox<Value>()
        Task(executorPreference: executor) {
            do {
                let value = try await work()
                box.set(.success(value))
            } catch {
                box.set(.failure(error))
            }
            executor.stop()
        }
        executor.runUntilStopped()
        guard let ended = box.value else { throw CancellationError() }
        return try ended.get()
    }

    private final class ResultBox<Value: Sendable>: Sendable {
        private let result = Mutex<Result<Value, any Error>?>(nil)

        func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
        var value: Result<Value, any Error>? { result.withLock { $0 } }
    }
}

/// An executor whose jobs are run by one thread that waits for them.
///
/// Sendable: everything is touched only while `mutex` is held.
@safe private final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var queue: [UnownedJob] = []
    private var isStopped = false

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe pthread_mutex_lock(mutex)
        queue.append(job)
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    func stop() {
        unsafe pthread_mutex_lock(mutex)
        isStopped = true
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Jobs that were queued before the stop are run: the last of them is the end of the task itself.
    func runUntilStopped() {
        while let job = next() { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while queue.isEmpty, !isStopped { unsafe pthread_cond_wait(condition, mutex) }
        return queue.isEmpty ? nil : queue.removeFirst()
    }
}
