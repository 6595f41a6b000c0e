import Foundation
import Glibc

/// A blocking HTTP/1.1 client on one kept connection: small, and independent of the code under test.
final class Connection {
    struct Reply: Sendable {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        /// The body as a JSON object; empty when it is none.
        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:] }
        func string(_ name: String) -> String { json[name] as? String ?? "" }
    }

    enum Failure: Error, Equatable {
        case cannotConnect(Int32)
        /// The connection ended before the answer did. `received` bytes of its body had come.
        case cutOff(status: Int?, received: Int)
        case malformed
    }

    private let socket: Int32
    private var buffered: [UInt8] = []
    /// Sent with every request when set.
    var token: String?

    init(port: UInt16, timeout: Int = 30) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        // Only against hanging for ever: no test waits for it to pass.
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            // `deinit` closes the socket: it runs for an object whose properties are all set.
            throw Failure.cannotConnect(errno)
        }
    }

    deinit { close(socket) }

    /// Sends one request and reads its answer.
    func send(
        _ method: String, _ target: String, headers: [String: String] = [:], body: [UInt8]? = nil
    ) throws -> Reply {
        try start(method, target, headers: headers, length: body?.count)
        try write(body ?? [])
        return try reply(to: method)
    }

    /// Sends a JSON body.
    func json(_ method: String, _ target: String, _ object: [String: Any]) throws -> Reply {
        let body = try JSONSerialization.data(withJSONObject: object)
        return try send(method, target, headers: ["Content-Type": "application/json"], body: Array(body))
    }

    /// Sends a head alone; `write` and `reply` follow.
    func start(_ method: String, _ target: String, headers: [String: String] = [:], length: Int? = nil) throws {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let length { head += "Content-Length: \(length)\r\n" }
        try write(Array((head + "\r\n").utf8))
    }

    func write(_ bytes: [UInt8]) throws {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                // An early answer may be waiting although the body is no longer taken.
                return
            }
            start += count
        }
    }

    func reply(to method: String) throws -> Reply {
        while true {
            let reply = try oneReply(to: method)
            if reply.status != 100 { return reply }
        }
    }

    /// The next answer even if it is an interim one.
    func interimReply() throws -> Reply { try oneReply(to: "HEAD") }

    private func oneReply(to method: String) throws -> Reply {
        var end: Range<Int>?
        while end == nil {
            end = buffered.firstRange(of: [13, 10, 13, 10])
            if end == nil { guard try fill() else { throw Failure.cutOff(status: nil, received: 0) } }
        }
        guard let end else { throw Failure.malformed }
        let lines = String(decoding: buffered[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        buffered.removeSubrange(..<end.upperBound)
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw Failure.malformed }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        if method == "HEAD" || status == 204 || status == 304 || status == 100 {
            return Reply(status: status, headers: headers, body: [])
        }
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            return Reply(status: status, headers: headers, body: try chunks(status))
        }
        guard let length = headers["content-length"].flatMap(Int.init) else {
            while try fill() {}
            defer { buffered = [] }
            return Reply(status: status, headers: headers, body: buffered)
        }
        return Reply(status: status, headers: headers, body: try take(length, status))
    }

    private func chunks(_ status: Int) throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let size = Int(try line(status).split(separator: ";").first ?? "", radix: 16) else {
                throw Failure.malformed
            }
            if size == 0 {
                while try !line(status).isEmpty {}
                return body
            }
            body += try take(size, status)
            _ = try take(2, status)
        }
    }

    private func line(_ status: Int) throws -> String {
        while true {
            if let end = buffered.firstRange(of: [13, 10]) {
                defer { buffered.removeSubrange(..<end.upperBound) }
                return String(decoding: buffered[..<end.lowerBound], as: UTF8.self)
            }
            guard try fill() else { throw Failure.cutOff(status: status, received: 0) }
        }
    }

    private func take(_ count: Int, _ status: Int) throws -> [UInt8] {
        while buffered.count < count {
            guard try fill() else { throw Failure.cutOff(status: status, received: buffered.count) }
        }
        defer { buffered.removeSubrange(..<count) }
        return Array(buffered[..<count])
    }

    /// - Returns: false at the end of the stream.
    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            buffered += chunk[..<count]
            return true
        }
    }
}
