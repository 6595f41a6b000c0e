import CCurl
import Glibc
import Synchronization

/// Carries out HTTP requests, many at a time on one thread of its own.
///
/// Connections are kept and used again. No thread waits for a transfer: a slow service holds up only its own requests.
/// The thread starts with the first request and ends when the engine goes.
package final class TransferEngine: Sendable {
    private let shared: Shared

    package init(limits: TransferLimits = TransferLimits()) {
        shared = Shared(limits)
    }

    deinit { shared.stop() }

    /// Sends `request` and waits for the whole answer, whatever its status.
    /// - Throws: `TransferFailure`; `CancellationError` when the task is cancelled, which breaks the transfer off.
    package func perform(_ request: TransferRequest) async throws -> TransferAnswer {
        let mark = CancelMark()
        let shared = shared
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let transfer = Transfer(request, mark, continuation)
                if !shared.submit(transfer) { transfer.end(TransferFailure.overloaded) }
            }
        } onCancel: {
            mark.set()
            shared.wake()
        }
    }

    /// What the thread keeps alive while it runs.
    ///
    /// `@unchecked Sendable`: `multi` is used by the thread alone, except for `curl_multi_wakeup`, which any thread may
    /// call, and freed in `deinit`, when nobody else has this object; the rest is behind `state`.
    @safe private final class Shared: @unchecked Sendable {
        private struct State {
            var queue: [Transfer] = []
            var isRunning = false
            var isStopped = false
        }

        private let limits: TransferLimits
        private let state = Mutex(State())
        private let multi: UnsafeMutableRawPointer?

        init(_ limits: TransferLimits) {
            self.limits = limits
            unsafe multi = CurlLibrary.isReady ? curl_multi_init() : nil
            guard let multi = unsafe multi else { return }
            // Refused, the library would keep fewer connections, no more.
            _ = unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.active)
            _ = unsafe ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        }

        deinit {
            if let multi = unsafe multi { unsafe curl_multi_cleanup(multi) }
        }

        /// - Returns: false when as many wait as may, or there can be no thread.
        func submit(_ transfer: Transfer) -> Bool {
            guard unsafe multi != nil else { return false }
            let isTaken = state.withLock { state in
                guard !state.isStopped, state.queue.count < limits.waiting else { return false }
                if !state.isRunning { state.isRunning = startThread() }
                guard state.isRunning else { return false }
                state.queue.append(transfer)
                return true
            }
            if isTaken { wake() }
            return isTaken
        }

        func wake() {
            if let multi = unsafe multi { unsafe curl_multi_wakeup(multi) }
        }

        func stop() {
            state.withLock { $0.isStopped = true }
            wake()
        }

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
            return true
        }

        private func run() {
            // OpenSSL may write to a closed socket; and the program's signals are for its other threads.
            var signals = sigset_t()
            unsafe sigfillset(&signals)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            guard let multi = unsafe multi else { return }
            var round = unsafe Round(multi: multi, active: [:])
            while true {
                let (fresh, late, isStopped, isWaiting) = takeWork(room: limits.active - round.count)
                for transfer in late {
                    transfer.end(transfer.isCancelled.isSet ? CancellationError() : TransferFailure.overloaded)
                }
                for transfer in fresh { round.start(transfer) }
                if isStopped {
                    round.stopAll()
                    return
                }
                round.dropCancelled()
                // Those that ended made room for those that wait.
                if round.perform() > 0, isWaiting { continue }
                var ready: Int32 = 0
                // libcurl wakes up earlier for what it waits for itself, and for `wake`.
                _ = unsafe curl_multi_poll(multi, nil, 0, isWaiting ? 500 : 60_000, &ready)
            }
        }

        private func takeWork(room: Int) -> (fresh: [Transfer], late: [Transfer], isStopped: Bool, isWaiting: Bool) {
            state.withLock { state in
                if state.isStopped {
                    defer { state.queue = [] }
                    return ([], state.queue, true, false)
                }
                guard !state.queue.isEmpty else { return ([], [], false, false) }
                let fresh = Array(state.queue.prefix(max(0, room)))
                state.queue.removeFirst(fresh.count)
                let now = ContinuousClock.now
                let late = Array(state.queue.prefix { now - $0.submitted > limits.wait || $0.isCancelled.isSet })
                state.queue.removeFirst(late.count)
                return (fresh, late, false, !state.queue.isEmpty)
            }
        }
    }
}

/// The transfers under way; used by the engine's thread alone.
@safe private struct Round {
    let multi: UnsafeMutableRawPointer
    /// By handle. Holds each transfer as long as its handle is in `multi`.
    var active: [UnsafeMutableRawPointer: Transfer]

    var count: Int { unsafe active.count }

    mutating func start(_ transfer: Transfer) {
        guard !transfer.isCancelled.isSet else { return transfer.end(CancellationError()) }
        guard let handle = unsafe transfer.open() else { return transfer.end(CURLE_FAILED_INIT) }
        guard unsafe curl_multi_add_handle(multi, handle) == CURLM_OK else { return transfer.end(CURLE_FAILED_INIT) }
        unsafe active[handle] = transfer
    }

    /// Moves what can move.
    /// - Returns: how many transfers ended.
    mutating func perform() -> Int {
        var running: Int32 = 0
        _ = unsafe curl_multi_perform(multi, &running)
        var ended = 0
        var code = CURLE_OK
        while let handle = unsafe ccurl_next_done(multi, &code) {
            guard let transfer = unsafe remove(handle) else { continue }
            transfer.end(code)
            ended += 1
        }
        return ended
    }

    mutating func dropCancelled() {
        for unsafe(handle, transfer) in unsafe active where transfer.isCancelled.isSet {
            _ = unsafe remove(handle)
            transfer.end(CancellationError())
        }
    }

    mutating func stopAll() {
        for unsafe(handle, transfer) in unsafe active {
            _ = unsafe remove(handle)
            transfer.end(TransferFailure.stopped)
        }
    }

    private mutating func remove(_ handle: UnsafeMutableRawPointer) -> Transfer? {
        _ = unsafe curl_multi_remove_handle(multi, handle)
        return unsafe active.removeValue(forKey: handle)
    }
}
