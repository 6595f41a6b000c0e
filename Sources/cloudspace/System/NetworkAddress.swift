import Glibc

/// IP addresses as text.
enum NetworkAddress {
    /// Whether `text` is an IPv4 or IPv6 address in numbers.
    static func isAddress(_ text: String) -> Bool {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 { return true }
        var six = in6_addr()
        return unsafe inet_pton(AF_INET6, text, &six) == 1
    }
}
