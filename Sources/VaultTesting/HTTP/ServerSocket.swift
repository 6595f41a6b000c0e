import Glibc

/// The accepted side of a connection, read request by request on a thread of its own.
struct ServerSocket {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    struct Failure: Error { let code: Int32 }

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// A socket that listens on a free port of this machine.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe bind(descriptor, address, size) == 0, Glibc.listen(descriptor, 256) == 0 else {
                    return Int32(-1)
                }
                return unsafe getsockname(descriptor, address, &size)
            }
        }
        guard code == 0 else { throw Failure(code: errno) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// The next connection; nil when the listener was shut down.
    static func accept(_ listener: Int32) -> Int32? {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection >= 0 { return connection }
            guard errno == EINTR || errno == ECONNABORTED else { return nil }
        }
    }

    static func shutDown(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    /// Runs `body` on a new thread.
    static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Job: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        // Retained here, released by the thread.
        let context = unsafe Unmanaged.passRetained(Job(body))
        let code = unsafe pthread_create(
            &thread, nil,
            { raw in
                guard let raw = unsafe raw else { return nil }
                unsafe Unmanaged<Job>.fromOpaque(raw).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        if code == 0 { pthread_detach(thread) } else { unsafe context.release() }
    }

    /// - Returns: false when the client is gone.
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// The next request with its body; nil at the end of the connection, or of sense.
    mutating func request() -> RawHTTPServer.Request? {
        let end = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            // The first byte of a TLS handshake, in which no line ever ends.
            if buffer.first == 0x16 {
                return RawHTTPServer.Request(method: "TLS", target: "", headers: [:], body: [])
            }
            if let position = buffer[searched...].firstRange(of: end) {
                let lines = String(decoding: buffer[..<position.lowerBound], as: UTF8.self).split(separator: "\r\n")
                buffer.removeFirst(position.upperBound)
                return request(lines)
            }
            searched = max(0, buffer.count - 3)
            guard buffer.count < 1 << 20, fill() else { return nil }
        }
    }

    private mutating func request(_ lines: [Substring]) -> RawHTTPServer.Request? {
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else { continue }
            headers[sides[0].lowercased()] = String(sides[1].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        while buffer.count < length { guard fill() else { return nil } }
        let body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return RawHTTPServer.Request(
            method: String(words[0]), target: String(words[1]), headers: headers, body: body)
    }

    mutating func waitForEnd() {
        while fill() { buffer = [] }
    }

    private mutating func fill() -> Bool {
        let descriptor = descriptor
        while true {
            var count = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 256 << 10) { space, used in
                count = unsafe recv(descriptor, space.baseAddress, space.count, 0)
                used = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            buffer += piece
            return true
        }
    }
}
