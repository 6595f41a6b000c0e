import CMicroHTTPD
import Glibc

/// Addresses as the socket calls want them, and as text.
enum SocketAddress {
    /// The address without port; an IPv4 address mapped into IPv6 as IPv4.
    static func text(_ address: UnsafePointer<sockaddr>) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let family = unsafe Int32(address.pointee.sa_family)
        switch family {
        case AF_INET:
            unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                var inner = unsafe pointer.pointee.sin_addr
                _ = unsafe inet_ntop(AF_INET, &inner, &buffer, socklen_t(buffer.count))
            }
        case AF_INET6:
            unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                var inner = unsafe pointer.pointee.sin6_addr
                _ = unsafe inet_ntop(AF_INET6, &inner, &buffer, socklen_t(buffer.count))
            }
        default: return ""
        }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }

    /// Opens a listening socket and says which port it got.
    static func listen(host: String, port: UInt16) throws(ServerError) -> (descriptor: Int32, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, host, &v4) == 1 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = v4
            return try unsafe open(AF_INET, &address, MemoryLayout<sockaddr_in>.size, "\(host):\(port)")
        }
        if unsafe inet_pton(AF_INET6, host, &v6) == 1 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = v6
            return try unsafe open(AF_INET6, &address, MemoryLayout<sockaddr_in6>.size, "[\(host)]:\(port)")
        }
        throw .badAddress("\(host) is not an IPv4 or IPv6 address")
    }

    private static func open(
        _ family: Int32, _ address: UnsafeRawPointer, _ size: Int, _ name: String
    ) throws(ServerError) -> (descriptor: Int32, port: UInt16) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw failure(name) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = unsafe bind(descriptor, address.assumingMemoryBound(to: sockaddr.self), socklen_t(size)) == 0
        guard bound, Glibc.listen(descriptor, 1024) == 0 else {
            let error = failure(name)
            close(descriptor)
            throw error
        }
        // The port lies at the same place in both kinds of address.
        var actual = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let port: UInt16 = unsafe withUnsafeMutablePointer(to: &actual) { pointer in
            _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(descriptor, address, &length)
            }
            return unsafe pointer.pointee.sin6_port.bigEndian
        }
        return (descriptor, port)
    }

    private static func failure(_ name: String) -> ServerError {
        let reason = unsafe String(cString: strerror(errno))
        return .cannotListen("cannot listen on \(name): \(reason)")
    }
}
