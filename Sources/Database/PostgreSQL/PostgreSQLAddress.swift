/// Where a PostgreSQL database is: `postgresql://user:password@host:port/database?sslmode=verify-full`.
///
/// libpq reads it (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS); here it is looked at
/// only so far that nonsense is refused in words and that the password is never shown.
public struct PostgreSQLAddress: Sendable, CustomStringConvertible {
    /// All of it, with the password. For libpq alone.
    let text: String
    /// Without the password and without settings, for logs and errors.
    public let description: String
    /// Whether a password stands in it, which everybody on the machine can read off a command line.
    public let hasPassword: Bool

    /// - Throws: `.unreachable` with words for the operator.
    public init(_ text: String) throws(DatabaseError) {
        guard text.utf8.count <= 8_192, text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }) else {
            throw Self.refusal("it is longer than 8192 bytes or holds spaces or control characters")
        }
        guard let scheme = Self.schemes.first(where: { text.lowercased().hasPrefix($0) }) else {
            throw Self.refusal("it does not begin with postgresql://")
        }
        guard text.hasPrefix(scheme) else { throw Self.refusal("write \(scheme) in small letters") }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !text.contains("#") else {
            throw Self.refusal("it holds a #; write %23 where the user name or the password holds one")
        }
        guard authority.count(where: { $0 == "@" }) <= 1 else {
            throw Self.refusal("it holds more than one @; write %40 where the user name or the password holds one")
        }
        let parts = authority.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let user = parts.count == 2 ? parts[0].prefix { $0 != ":" } : ""
        let hosts = parts.last ?? ""
        try Self.check(hosts: hosts)

        let tail = rest.dropFirst(authority.count)
        let path = tail.prefix { $0 != "?" }
        guard path.count(where: { $0 == "/" }) <= 1, !path.contains("@") else {
            throw Self.refusal("write %2F and %40 where the user name or the password holds a / or an @")
        }
        let hasName = path.count > 1 || tail.contains("?dbname=") || tail.contains("&dbname=")
        guard hasName else { throw Self.refusal("it names no database: postgresql://user@host/database") }
        guard Self.hasWholeEscapes(text) else {
            throw Self.refusal("a % is not followed by two hexadecimal digits; write %25 for the character itself")
        }
        hasPassword = parts.count == 2 && parts[0].contains(":") || tail.contains("password=")
        self.text = text
        description = "\(scheme)\(user.isEmpty ? "" : "\(user)@")\(hosts)\(path)"
    }

    /// The same server and settings with another database.
    func naming(database: String) throws(DatabaseError) -> PostgreSQLAddress {
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let authority = text[start...].prefix { $0 != "/" && $0 != "?" }
        let query = text[authority.endIndex...].drop { $0 != "?" }
        return try PostgreSQLAddress("\(text[..<authority.endIndex])/\(database)\(query)")
    }

    private static let schemes = ["postgresql://", "postgres://"]

    /// Each `host`, `host:port` or `[v6]:port`.
    private static func check(hosts: Substring) throws(DatabaseError) {
        for host in hosts.split(separator: ",") where !host.hasPrefix("[") {
            let parts = host.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else {
                throw refusal(
                    "write an IPv6 address in brackets; write %3A where the password holds a colon before an @")
            }
            guard parts.count == 2 else { continue }
            guard let port = Int(parts[1]), (1...65_535).contains(port) else {
                // The text may be a piece of a password: it is not repeated.
                throw refusal("what follows the host's colon is no port (1 to 65535)")
            }
        }
    }

    private static func hasWholeEscapes(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "%") {
            guard index + 2 < bytes.count else { return false }
            let digits = String(decoding: bytes[index + 1...index + 2], as: UTF8.self)
            guard let value = UInt8(digits, radix: 16), digits.first != "+", value != 0 else { return false }
        }
        return true
    }

    private static func refusal(_ words: String) -> DatabaseError {
        .unreachable("the PostgreSQL address cannot be used: \(words)")
    }
}
