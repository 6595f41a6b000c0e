/// A mailbox: `local@domain` in ASCII (RFC 5321, `Mailbox`, without quoted local parts and address literals).
///
/// Nothing in it can end a header line, a command of the protocol or an angle bracket.
package struct MailAddress: Sendable, Hashable, CustomStringConvertible {
    package let local: String
    package let domain: String

    package var description: String { "\(local)@\(domain)" }

    /// - Returns: nil when `text` is no such mailbox.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, Self.isLocal(parts[0]), Self.isDomain(parts[1]) else {
            return nil
        }
        local = String(parts[0])
        domain = String(parts[1])
    }

    /// Reads addresses separated by commas.
    /// - Returns: nil when there is none, one is none, or there are more than 50.
    package static func list(_ text: String) -> [MailAddress]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let addresses = parts.compactMap { part in MailAddress(String(part.drop { $0 == " " }.prefix { $0 != " " })) }
        guard (1...50).contains(parts.count), addresses.count == parts.count else { return nil }
        return addresses
    }

    /// RFC 5321, `Dot-string` of RFC 5322's `atext`.
    private static func isLocal(_ text: Substring) -> Bool {
        let isAtoms = text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.utf8.allSatisfy { isLetterOrDigit($0) || atomMarks.contains($0) }
        }
        return isAtoms && text.utf8.count <= 64
    }

    private static func isDomain(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static let atomMarks = Set("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
