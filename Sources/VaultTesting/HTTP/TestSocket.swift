import Glibc
import Synchronization

/// A blocking client socket with a time limit of 20 seconds on each call, and a buffer for what was read too early.
///
/// `@unchecked Sendable`: `buffer` is touched only by the one thread that reads at a time.
final class TestSocket: @unchecked Sendable {
    private let descriptor: Mutex<Int32>
    private var buffer: [UInt8] = []

    init(port: UInt16, receiveBuffer: Int32?) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if var receiveBuffer {
            unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            let error = errno
            Glibc.close(descriptor)
            throw RawHTTPClient.Failure.cannotConnect(error)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { close() }

    /// - Parameter more: keeps the last segment back until more is sent, or the sending side is closed.
    func send(_ bytes: [UInt8], more: Bool = false) throws {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        let descriptor = descriptor.withLock { $0 }
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe Glibc.send(descriptor, base + sent, buffer.count - sent, flags)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            sent += count
        }
    }

    /// Puts bytes back, to be read first.
    func unread(_ bytes: [UInt8]) { buffer = bytes + buffer }

    func receive(atMost limit: Int) throws -> [UInt8]? {
        if !buffer.isEmpty {
            if buffer.count <= limit {
                defer { buffer = [] }
                return buffer
            }
            let piece = Array(buffer[..<limit])
            buffer.removeFirst(limit)
            return piece
        }
        let descriptor = descriptor.withLock { $0 }
        while true {
            var count = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: limit) { space, used in
                count = unsafe recv(descriptor, space.baseAddress, limit, 0)
                used = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            return count == 0 ? nil : piece
        }
    }

    private func failure() -> RawHTTPClient.Failure {
        switch errno {
        case EAGAIN: .timedOut
        case EPIPE: .brokenPipe
        default: .connectionReset
        }
    }

    func finishSending() { descriptor.withLock { _ = shutdown($0, Int32(SHUT_WR)) } }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    func reset() {
        descriptor.withLock { descriptor in
            var abrupt = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
        }
        close()
    }
}
