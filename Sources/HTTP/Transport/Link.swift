import CMicroHTTPD
import Glibc
import Synchronization

/// One client connection, from accept to close.
///
/// `@unchecked Sendable`: the fields under "event thread" are touched only by the thread that libmicrohttpd gave the
/// connection to; everything else is atomic or behind `shared`.
@safe final class Link: @unchecked Sendable {
    /// What the connection is waiting for, and so what its deadline means.
    enum Phase: UInt8 {
        /// No request yet.
        case idle
        /// A request line has come, the head has not.
        case head
        /// The body is awaited.
        case body
        /// The handler is at work.
        case handler
        /// The answer is being taken by the client.
        case sending
        /// The answer waits for its source.
        case source
        /// Answered early; what the client still sends is thrown away.
        case linger
    }

    /// What the supervisor may use from its own thread.
    struct Shared {
        var descriptor: Int32
        var exchange: Exchange?
    }

    /// The client's address as text.
    let address: String
    let isTLS: Bool
    let shared: Mutex<Shared>
    private let phaseStorage = Atomic<UInt8>(Phase.idle.rawValue)
    private let deadlineStorage: Atomic<Int64>
    /// The body progress last seen by the supervisor.
    let lastProgress = Atomic<Int64>(-1)

    // Event thread.
    /// The raw target of the request being read, and where it lies in the library's buffer.
    var target: [UInt8] = []
    var targetAddress: UInt = 0

    init(address: String, isTLS: Bool, descriptor: Int32, deadline: Int64) {
        self.address = address
        self.isTLS = isTLS
        shared = Mutex(Shared(descriptor: descriptor, exchange: nil))
        deadlineStorage = Atomic(deadline)
    }

    var phase: Phase { Phase(rawValue: phaseStorage.load(ordering: .relaxed)) ?? .idle }

    /// When the phase is over for the client's patience of ours, in monotonic milliseconds; `Int64.max` for never.
    var deadline: Int64 { deadlineStorage.load(ordering: .relaxed) }

    func enter(_ phase: Phase, deadline: Int64) {
        phaseStorage.store(phase.rawValue, ordering: .relaxed)
        deadlineStorage.store(deadline, ordering: .relaxed)
    }

    /// Ends the connection from any thread: the library sees an end of file and closes it.
    func breakOff() {
        shared.withLock { shared in
            if shared.descriptor >= 0 { shutdown(shared.descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// True when the client has closed its side and sent nothing more.
    var isClientGone: Bool {
        shared.withLock { shared in
            guard shared.descriptor >= 0 else { return true }
            var byte: UInt8 = 0
            let count = unsafe recv(shared.descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
            return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
        }
    }

    /// Lets the library see an end that it missed: one that arrived together with the bytes before it.
    ///
    /// The library watches edges. A read that gives less than it could take means to it that nothing is left, and the
    /// edge of an end that was there already has been used up. Closing our reading side makes another edge, and takes
    /// nothing away, as nothing can come any more; the library first uses what it has read, then sees the end.
    func revealEnd() {
        // GnuTLS is read until it has nothing, so there no end is missed.
        guard !isTLS, isClientGone else { return }
        shared.withLock { shared in
            if shared.descriptor >= 0 { shutdown(shared.descriptor, Int32(SHUT_RD)) }
        }
    }

    /// How many bytes of answers the client has acknowledged: the sign of life of a slow reader.
    var acknowledgedBytes: Int64 {
        shared.withLock { shared in
            guard shared.descriptor >= 0 else { return -1 }
            // `struct tcp_info` of linux/tcp.h: tcpi_bytes_acked is the 64-bit number at offset 120.
            var info = [UInt8](repeating: 0, count: 256)
            var size = socklen_t(info.count)
            guard unsafe getsockopt(shared.descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0, size >= 128
            else { return -1 }
            return info[120..<128].reversed().reduce(0) { $0 << 8 | Int64($1) }
        }
    }

    func extend(to deadline: Int64) {
        deadlineStorage.store(deadline, ordering: .relaxed)
    }
}
