/// Where a key service is: https, or http on this very machine.
package struct KeyServiceAddress: Sendable, Equatable {
    /// `https://host:port`, without a path.
    let origin: String
    /// Host and port as the `Host` field has them.
    let authority: String
    /// Below which its paths are; empty, or beginning with a slash and not ending with one.
    let prefix: String
    let isLocal: Bool

    /// - Returns: nil for anything else, or with credentials, a query or a fragment inside.
    package init?(_ text: String) {
        let scheme: String
        if text.hasPrefix("https://") {
            scheme = "https://"
        } else if text.hasPrefix("http://") {
            scheme = "http://"
        } else {
            return nil
        }
        let rest = text.dropFirst(scheme.count)
        guard rest.utf8.count <= 1_024,
            rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !Self.forbidden.contains($0) })
        else { return nil }
        authority = String(rest.prefix { $0 != "/" }).lowercased()
        guard !authority.isEmpty else { return nil }
        var prefix = String(rest.dropFirst(authority.count))
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = prefix
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        isLocal = host == "127.0.0.1" || host == "localhost" || host == "[::1]"
        // A key would cross the network in clear.
        guard scheme == "https://" || isLocal else { return nil }
        origin = scheme + authority
    }

    private static let forbidden: Set<UInt8> = [
        UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
    ]
}
