/// The part of a client's address that its owner cannot choose.
enum ClientNetwork {
    /// The first four groups of an IPv6 address as `2001:db8:0:1::/64`; any other text as it is.
    static func of(_ address: String) -> String {
        guard address.utf8.count <= 64, let groups = groups(address) else { return address }
        return groups.prefix(4).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    /// The eight groups (RFC 4291, section 2.2); `nil` for what is no such address. The form that ends in an IPv4 address
    /// is not read: the transport gives mapped addresses as IPv4, and no others of it are in use.
    private static func groups(_ text: String) -> [UInt16]? {
        let bare = text.prefix { $0 != "%" }
        guard bare.contains(":") else { return nil }
        let halves = bare.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        let parts = halves.map { half in
            half.isEmpty
                ? [] : half.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0, radix: 16) }
        }
        let known = parts.flatMap { $0 }
        guard known.allSatisfy({ $0 != nil }) else { return nil }
        let first = parts[0].compactMap { $0 }
        guard parts.count == 2 else { return first.count == 8 ? first : nil }
        let last = parts[1].compactMap { $0 }
        guard first.count + last.count <= 7 else { return nil }
        return first + [UInt16](repeating: 0, count: 8 - first.count - last.count) + last
    }
}
