import Outbound

/// Where a key service is: https, or http on this very machine.
package struct KeyServiceAddress: Sendable, Equatable {
    /// `https://host:port`, without a path.
    let origin: String
    /// Host and port as the `Host` field has them.
    let authority: String
    /// Below which its paths are; empty, or beginning with a slash and not ending with one.
    let prefix: String
    let isLocal: Bool

    /// - Returns: nil for anything else, or with a user or a query inside.
    package init?(_ text: String) {
        guard let address = ServiceAddress(text), address.user == nil, address.query == nil else { return nil }
        // A key would cross the network in clear.
        guard address.scheme == "https" || address.scheme == "http" && address.isLoopback else { return nil }
        authority = address.authority
        origin = "\(address.scheme)://\(address.authority)"
        var prefix = address.path
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = prefix
        isLocal = address.isLoopback
    }
}
