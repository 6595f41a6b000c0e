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
        guard let address = ServiceAddress(text), ["http", "https"].contains(address.scheme), address.user == nil,
            address.query == nil, !address.path.split(separator: "/").contains("..")
        else { throw BadValue("https://HOST, perhaps with :PORT and a path") }
        var path = address.path
        while path.hasSuffix("/") { path.removeLast() }
        host = address.authority
        isSecure = address.scheme == "https"
        isLocal = address.isLoopback
        base = "\(address.scheme)://\(address.authority)\(path)"
    }

    var description: String { base }
}
