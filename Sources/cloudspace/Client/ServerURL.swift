import Outbound

/// Where a running CloudSpace server is: `https://vault.example.com`, perhaps with a path before `/api`.
struct ServerURL: Sendable, Equatable, CustomStringConvertible {
    /// Scheme, host, port and path, without a slash at the end.
    let base: String
    /// What stands in the `Host` field.
    let host: String
    let isSecure: Bool
    /// The host is this machine, whose traffic nobody else sees.
    let isLocal: Bool

    /// - Throws: `BadValue` for anything but `http://` or `https://`, a host, and perhaps a port and a path.
    init(parsing text: String) throws(BadValue) {
        let expectation = BadValue("https://HOST, perhaps with :PORT and a path")
        let rest: Substring
        if text.hasPrefix("https://") {
            (isSecure, rest) = (true, text.dropFirst(8))
        } else if text.hasPrefix("http://") {
            (isSecure, rest) = (false, text.dropFirst(7))
        } else {
            throw expectation
        }
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw expectation }
        let host = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(host.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        guard !path.contains("?"), !path.contains("#"), !path.split(separator: "/").contains("..") else {
            throw expectation
        }
        guard let name = Self.name(of: host) else { throw expectation }
        self.host = String(host)
        isLocal = name == "localhost" || name == "[::1]" || Self.isLoopback(name)
        base = (isSecure ? "https://" : "http://") + host + path
    }

    var description: String { base }

    /// The host without its port; nil when there is none, or a name and password before it.
    private static func name(of host: Substring) -> Substring? {
        guard !host.isEmpty, !host.contains("@") else { return nil }
        let name: Substring
        let port: Substring
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            (name, port) = (host[...end], host[host.index(after: end)...])
        } else {
            name = host.prefix { $0 != ":" }
            port = host.dropFirst(name.count)
        }
        guard !name.isEmpty, name != "[]" else { return nil }
        if port.isEmpty { return name }
        guard port.hasPrefix(":"), let number = UInt16(port.dropFirst()), number > 0 else { return nil }
        return name
    }

    private static func isLoopback(_ name: Substring) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
