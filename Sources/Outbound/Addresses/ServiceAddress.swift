/// Where a service of the operator's choice listens: the parts of `scheme://user@host:port/path?query`.
///
/// Stricter than RFC 3986: no password, no fragment, nothing that would have to be decoded to know the host.
package struct ServiceAddress: Sendable, Hashable {
    package let scheme: String
    /// What stands before `@`; nil when nothing does.
    package let user: String?
    /// A name or an address in lower case; an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16?
    /// From the first `/` on, up to the query; may be empty.
    package let path: String
    /// Behind `?`; nil without one.
    package let query: String?

    /// - Returns: nil when `text` is not such an address, or holds white space, control characters or characters that a
    ///   URL spells with `%`.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 2_048, bytes.allSatisfy({ (0x21...0x7e).contains($0) && !Self.reserved.contains($0) }),
            let colon = text.firstRange(of: "://")
        else { return nil }
        scheme = text[..<colon.lowerBound].lowercased()
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        var authority = rest[..<end]
        if let at = authority.firstIndex(of: "@") {
            let name = authority[..<at]
            guard !name.isEmpty, !name.contains(":"), !name.contains("%") else { return nil }
            user = String(name)
            authority = authority[authority.index(after: at)...]
        } else {
            user = nil
        }
        guard let (host, port) = Self.hostAndPort(authority) else { return nil }
        (self.host, self.port) = (host, port)
        let behind = rest[end...]
        let question = behind.firstIndex(of: "?")
        path = String(behind[..<(question ?? behind.endIndex)])
        query = question.map { String(behind[behind.index(after: $0)...]) }
    }

    /// The host as it stands in a URL, with the port when there is one.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    /// Whether it is this very machine.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// `#`, quotes, angle brackets, backslash, braces, `|`, `^` and the backtick.
    private static let reserved: Set<UInt8> = Set("#\"<>\\{}|^`".utf8)

    private static func hostAndPort(_ authority: Substring) -> (String, UInt16?)? {
        var host = authority
        var port: UInt16?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
            let behind = authority[authority.index(after: bracket)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
            if behind.hasPrefix(":") {
                guard let number = portNumber(behind.dropFirst()) else { return nil }
                port = number
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                guard let number = portNumber(authority[authority.index(after: colon)...]) else { return nil }
                port = number
                host = authority[..<colon]
            }
            let isName = host.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            guard isName, !host.isEmpty, host.utf8.count <= 253 else { return nil }
        }
        return (host.lowercased(), port)
    }

    private static func portNumber(_ digits: Substring) -> UInt16? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits), port > 0
        else { return nil }
        return port
    }
}

/// Why a setting about a service cannot be used.
package struct ServiceAddressError: Error, Equatable {
    /// What it has to be, to complete "expected …".
    package let expectation: String

    package init(_ expectation: String) { self.expectation = expectation }
}
