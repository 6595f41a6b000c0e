import Glibc

/// Addresses and names of machines as text.
enum NetworkAddress {
    /// Whether `text` is an IPv4 or IPv6 address in numbers.
    static func isAddress(_ text: String) -> Bool {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 { return true }
        var six = in6_addr()
        return unsafe inet_pton(AF_INET6, text, &six) == 1
    }

    /// The machine's own name, as its operator set it; empty when it cannot be told.
    static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
