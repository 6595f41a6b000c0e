import CMicroHTTPD
import Glibc
import Synchronization

/// One thread that accepts connections, keeps deadlines, and stops the server.
///
/// The library's own listening socket is not used: taking it out of the event threads' epoll sets while they work can
/// abort the process (`MHD_quiesce_daemon` races with the threads). Nor are its timeouts: they count activity, not
/// progress, and not at all while a connection is suspended.
///
/// `@unchecked Sendable`: `daemon` and `listener` are touched only by the supervisor's thread once it runs.
@safe final class Supervisor: @unchecked Sendable {
    private struct Stopping {
        var grace: Int64?
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let core: ServerCore
    private let daemon: Daemon
    private var listener: Int32
    private let alarm: Alarm
    private let stopping = Mutex(Stopping())
    private let tick: Int64

    init(_ core: ServerCore, _ daemon: Daemon, listener: Int32, alarm: Alarm) {
        self.core = core
        self.daemon = daemon
        self.listener = listener
        self.alarm = alarm
        let shortest = min(core.idleTime, core.headTime, core.bodyTime, core.handlerTime ?? .max)
        tick = min(1_000, max(5, shortest / 4))
    }

    /// Starts the thread.
    func start() throws(ServerError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Supervisor>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        guard code == 0 else {
            unsafe Unmanaged<Supervisor>.fromOpaque(context).release()
            throw .cannotStart("no thread for the server")
        }
        pthread_detach(thread)
    }

    /// Stops accepting, lets requests in flight finish for `grace` milliseconds, cancels the rest, and returns when
    /// the event threads have ended. Any number of callers.
    func stop(grace: Int64) async {
        await withCheckedContinuation { continuation in
            let isOver = stopping.withLock { stopping in
                if stopping.isOver { return true }
                stopping.waiters.append(continuation)
                stopping.grace = min(grace, stopping.grace ?? .max)
                return false
            }
            if isOver { continuation.resume() } else { alarm.ring() }
        }
    }

    // MARK: The thread

    private func run() {
        var nextTick = MonotonicTime.milliseconds + tick
        while stopping.withLock({ $0.grace == nil }) {
            wait(until: nextTick)
            let now = MonotonicTime.milliseconds
            if now >= nextTick {
                keepDeadlines(now)
                nextTick = now + tick
            }
        }
        finish()
    }

    private func wait(until moment: Int64) {
        var polled = [
            pollfd(fd: alarm.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: core.hasRoom ? listener : -1, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = Int32(clamping: max(0, moment - MonotonicTime.milliseconds))
        let ready = unsafe poll(&polled, 2, timeout)
        guard ready > 0 else { return }
        if polled[0].revents != 0 { alarm.quiet() }
        if polled[1].revents != 0 { accept() }
    }

    private func accept() {
        for _ in 0..<64 {
            var storage = sockaddr_in6()
            var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            let isTaken = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    unsafe take(address, &size)
                }
            }
            guard isTaken, core.hasRoom else { return }
        }
    }

    private func take(_ address: UnsafeMutablePointer<sockaddr>, _ size: inout socklen_t) -> Bool {
        let descriptor = unsafe cmhd_accept(listener, address, &size)
        guard descriptor >= 0 else {
            switch errno {
            case ECONNABORTED, EINTR: return true
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // No descriptor for it: the system keeps it queued; do not spin on it.
                _ = usleep(10_000)
                return false
            default: return false
            }
        }
        core.statistics.acceptedConnections.add(1)
        let client = unsafe SocketAddress.text(address)
        guard core.admit(client) else {
            core.statistics.rejectedConnections.add(1)
            close(descriptor)
            return true
        }
        if unsafe !daemon.add(descriptor, address, size) { core.connectionEnded(client) }
        return true
    }

    private func keepDeadlines(_ now: Int64) {
        for link in core.links.withLock({ Array($0.values) }) {
            watch(link, now)
            if now >= link.deadline { expire(link, now) }
        }
    }

    /// A suspended connection's disconnect goes unseen by the library, and so may one that arrived together with bytes
    /// that made no piece of a body: look ourselves.
    private func watch(_ link: Link, _ now: Int64) {
        switch link.phase {
        case .idle, .head, .body, .linger: link.revealEnd()
        case .handler:
            guard link.isClientGone, let exchange = link.shared.withLock({ $0.exchange }), exchange.waitsForHandler
            else { return }
            exchange.cancel(.bodyCutOff)
        case .source:
            if link.isClientGone { link.shared.withLock { $0.exchange }?.abandon() }
        case .sending: break
        }
    }

    private func expire(_ link: Link, _ now: Int64) {
        let exchange = link.shared.withLock { $0.exchange }
        switch link.phase {
        case .idle, .head, .linger: link.breakOff()
        case .body: exchange?.bodyTimedOut()
        case .handler:
            exchange?.cancel(.timeout)
            link.extend(to: .max)
        case .sending:
            let progress = link.acknowledgedBytes
            if link.lastProgress.exchange(progress, ordering: .relaxed) == progress {
                link.breakOff()
            } else {
                link.extend(to: now + core.idleTime)
            }
        case .source: break
        }
    }

    // MARK: Stopping

    private func finish() {
        core.beginStopping()
        core.handler.serverStops()
        close(listener)
        let grace = stopping.withLock { $0.grace ?? 0 }
        settle(until: MonotonicTime.milliseconds + grace)
        for exchange in exchanges() { exchange.cancel(.stopping) }
        settle(until: MonotonicTime.milliseconds + (grace == 0 ? 100 : 1_000))
        core.force()
        for exchange in exchanges() { exchange.abandon() }
        // Resumed connections leave the suspended list before the threads look at it for the last time.
        daemon.stop()
        let waiters = stopping.withLock { stopping in
            stopping.isOver = true
            defer { stopping.waiters = [] }
            return stopping.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func exchanges() -> [Exchange] {
        core.links.withLock { $0.values.compactMap { link in link.shared.withLock { $0.exchange } } }
    }

    /// Closes idle connections and keeps deadlines until no request is in flight or the time is over.
    private func settle(until end: Int64) {
        while true {
            let now = MonotonicTime.milliseconds
            for link in core.links.withLock({ Array($0.values) }) where link.phase == .idle { link.breakOff() }
            if core.statistics.inFlight.value == 0 && core.statistics.openConnections.value == 0 || now >= end {
                return
            }
            keepDeadlines(now)
            var polled = [pollfd(fd: alarm.descriptor, events: Int16(POLLIN), revents: 0)]
            if unsafe poll(&polled, 1, Int32(clamping: min(end - now, 20))) > 0 { alarm.quiet() }
        }
    }
}

/// Wakes the supervisor's `poll` from any thread.
final class Alarm: Sendable {
    let descriptor: Int32

    init() throws(ServerError) {
        descriptor = cmhd_alarm()
        guard descriptor >= 0 else { throw .cannotStart("no event descriptor for the server") }
    }

    deinit { close(descriptor) }

    func ring() {
        cmhd_alarm_ring(descriptor)
    }

    func quiet() {
        cmhd_alarm_quiet(descriptor)
    }
}
