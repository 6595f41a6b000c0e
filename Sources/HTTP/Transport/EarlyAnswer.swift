import CMicroHTTPD
import Glibc

/// Answers while the body is still arriving.
///
/// The library can queue an answer before the body or after all of it, not in between. A refusal in between is
/// therefore written to the socket here, with `Connection: close`; what the client still sends is then thrown away
/// for a while, because closing at once would reset the connection and destroy the answer on its way.
enum EarlyAnswer {
    /// Bodies up to this size can be written in one go into a socket buffer that is empty.
    static let limit = 32 << 10

    /// Where an answer goes. Safe: made by the exchange, whose connection the library keeps alive meanwhile.
    @safe enum Channel {
        case socket(Int32)
        /// A TLS session; to be used on the connection's event thread only.
        case tls(UnsafeMutableRawPointer)
    }

    /// Writes a whole answer; false when that is not possible (its body is a stream or large, the socket is full).
    static func write(_ response: Response, id: String, isHead: Bool, to channel: Channel) -> Bool {
        var body: [UInt8] = []
        switch response.body {
        case .empty: break
        case .bytes(let bytes): body = bytes
        case .stream: return false
        }
        guard body.count <= limit else { return false }
        var message = Array("HTTP/1.1 \(response.status) \(reason(response.status))\r\n".utf8)
        func field(_ name: String, _ value: String) {
            message += Array("\(name): \(value)\r\n".utf8)
        }
        field("Date", HTTPDate.string(seconds: Int64(time(nil))))
        field("Connection", "close")
        field("Content-Length", String(body.count))
        field("X-Request-ID", id)
        for (name, value) in response.headers.fields { field(name, value) }
        message += [0x0D, 0x0A]
        if !isHead { message += body }
        return unsafe message.withUnsafeBytes { bytes in
            switch channel {
            case .socket(let descriptor):
                guard descriptor >= 0 else { return false }
                let sent = unsafe send(
                    descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                // What has begun cannot be answered another way.
                guard sent > 0 else { return false }
                shutdown(descriptor, Int32(SHUT_WR))
                return true
            case .tls(let session): return unsafe GnuTLS.send(bytes, session)
            }
        }
    }

    private static func reason(_ status: Int) -> String {
        guard let code = UInt32(exactly: status), let text = unsafe MHD_get_reason_phrase_for(code) else { return "" }
        return unsafe String(cString: text)
    }
}
