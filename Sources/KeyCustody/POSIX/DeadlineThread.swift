import Crypto
import Glibc
import Synchronization

/// A thread for calls that may never return, and callers who wait for them only so long.
///
/// A call that hangs keeps the thread; whoever comes after it is told at once that there is no answer.
final class DeadlineThread: Sendable {
    private let pool = WorkerPool(threads: 1, queueLimit: 4)
    /// Calls that were given up and have not returned.
    private let hanging = Mutex(0)

    /// - Returns: nil when there is no answer in time, or an earlier call hangs.
    func run<Value: Sendable>(within deadline: Duration, _ work: @escaping @Sendable () -> Value) -> Value? {
        guard hanging.withLock({ $0 == 0 }) else { return nil }
        let answer = Answer<Value>()
        let isTaken = pool.submit { [self] in
            if answer.set(work()) { hanging.withLock { $0 -= 1 } }
        }
        guard isTaken else { return nil }
        if let value = answer.wait(deadline) { return value }
        // Counted before it is given up, so that its late end finds it counted.
        hanging.withLock { $0 += 1 }
        guard let value = answer.giveUp() else { return nil }
        hanging.withLock { $0 -= 1 }
        return value
    }

    /// Sendable: everything below the locks is touched only while `mutex` is held.
    @safe private final class Answer<Value: Sendable>: @unchecked Sendable {
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let condition: UnsafeMutablePointer<pthread_cond_t>
        private var value: Value?
        private var isGivenUp = false

        init() {
            unsafe mutex = .allocate(capacity: 1)
            unsafe condition = .allocate(capacity: 1)
            unsafe pthread_mutex_init(mutex, nil)
            var attributes = pthread_condattr_t()
            unsafe pthread_condattr_init(&attributes)
            unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            unsafe pthread_cond_init(condition, &attributes)
            unsafe pthread_condattr_destroy(&attributes)
        }

        deinit {
            unsafe pthread_cond_destroy(condition)
            unsafe pthread_mutex_destroy(mutex)
            unsafe condition.deallocate()
            unsafe mutex.deallocate()
        }

        /// - Returns: whether nobody waits any more.
        func set(_ value: Value) -> Bool {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            self.value = value
            unsafe pthread_cond_signal(condition)
            return isGivenUp
        }

        /// - Returns: what came in the very last moment.
        func giveUp() -> Value? {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            isGivenUp = value == nil
            return value
        }

        func wait(_ deadline: Duration) -> Value? {
            var end = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &end)
            end.tv_sec += Int(clamping: deadline.components.seconds) + 1
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            while value == nil {
                if unsafe pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { break }
            }
            return value
        }
    }
}
