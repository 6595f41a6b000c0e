import Glibc

/// A few threads of our own and a bounded queue in front of them, for work that blocks or computes for long and must
/// not occupy Swift's cooperative pool.
///
/// Threads start with the first jobs and end when the pool goes.
@safe package final class WorkerPool: Sendable {
    private let shared: Shared

    /// How its threads stand beside others when processors are scarce.
    package enum Standing: Sendable {
        case ordinary
        /// They take what nobody else wants: work that may last, such as making archives.
        case background
    }

    /// - Parameters:
    ///   - threads: how many jobs run at once.
    ///   - queueLimit: how many more may wait.
    package init(threads: Int, queueLimit: Int, standing: Standing = .ordinary) {
        shared = Shared(
            threadLimit: max(1, threads), queueLimit: max(0, queueLimit), standing: standing)
    }

    /// Queues `job`.
    ///
    /// - Returns: false when as many wait as may, or no thread can be had; `job` is then dropped.
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        shared.submit(job)
    }

    deinit { shared.stop() }

    /// What the threads keep alive while they run.
    @safe private final class Shared: @unchecked Sendable {
        // Sendable: everything below the locks is touched only while `mutex` is held.
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let condition: UnsafeMutablePointer<pthread_cond_t>
        private let threadLimit: Int
        private let queueLimit: Int
        private let standing: Standing
        private var queue: [@Sendable () -> Void] = []
        private var threads = 0
        private var idle = 0
        private var isStopped = false

        init(threadLimit: Int, queueLimit: Int, standing: Standing) {
            unsafe mutex = .allocate(capacity: 1)
            unsafe condition = .allocate(capacity: 1)
            unsafe pthread_mutex_init(mutex, nil)
            unsafe pthread_cond_init(condition, nil)
            self.threadLimit = threadLimit
            self.queueLimit = queueLimit
            self.standing = standing
        }

        deinit {
            unsafe pthread_cond_destroy(condition)
            unsafe pthread_mutex_destroy(mutex)
            unsafe condition.deallocate()
            unsafe mutex.deallocate()
        }

        func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            let canStart = threads < threadLimit
            // Idle threads and threads still to be started take jobs at once; only the rest waits.
            guard queue.count < queueLimit + idle + (threadLimit - threads) else { return false }
            if queue.count >= idle, canStart {
                guard startThread() || threads > 0 else { return false }
            }
            queue.append(job)
            unsafe pthread_cond_signal(condition)
            return true
        }

        func stop() {
            unsafe pthread_mutex_lock(mutex)
            isStopped = true
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(mutex)
        }

        /// With the lock held.
        private func startThread() -> Bool {
            var attributes = pthread_attr_t()
            unsafe pthread_attr_init(&attributes)
            defer { unsafe pthread_attr_destroy(&attributes) }
            unsafe pthread_attr_setstacksize(&attributes, 512 * 1024)
            unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            var thread = pthread_t()
            // One retain here, released by the thread that takes it over.
            let context = unsafe Unmanaged.passRetained(self)
            let code = unsafe pthread_create(
                &thread, &attributes,
                { raw in
                    guard let raw = unsafe raw else { return nil }
                    unsafe Unmanaged<Shared>.fromOpaque(raw).takeRetainedValue().run()
                    return nil
                }, context.toOpaque())
            guard code == 0 else {
                unsafe context.release()
                return false
            }
            threads += 1
            return true
        }

        private func run() {
            // 0 is the calling thread alone: on Linux each has its own (setpriority(2)).
            if standing == .background { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
            unsafe pthread_mutex_lock(mutex)
            while true {
                if !queue.isEmpty {
                    do {
                        let job = queue.removeFirst()
                        unsafe pthread_mutex_unlock(mutex)
                        job()
                        // Released here, outside the lock: what the job held may submit another in its deinit.
                    }
                    unsafe pthread_mutex_lock(mutex)
                } else if isStopped {
                    break
                } else {
                    idle += 1
                    unsafe pthread_cond_wait(condition, mutex)
                    idle -= 1
                }
            }
            unsafe pthread_mutex_unlock(mutex)
        }
    }
}
