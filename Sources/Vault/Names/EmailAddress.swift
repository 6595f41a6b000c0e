/// An e-mail address as people type it: one `@`, a local part of at most 64 bytes, a dotted domain, 120 bytes at most
/// (requirements/1, User). Compared case-folded: one mailbox, one account.
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    public static let maximumByteCount = 120

    public let text: String

    /// - Throws: `VaultError.invalid(field: "email", …)`.
    public init(_ raw: String) throws(VaultError) {
        guard raw.utf8.count <= 4 * Self.maximumByteCount else {
            throw .invalid(field: "email", .tooLong(maximum: Self.maximumByteCount))
        }
        let scalars = CanonicalText.composed(raw).unicodeScalars
        let trimmed = scalars.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        var view = String.UnicodeScalarView()
        view.append(contentsOf: trimmed)
        let text = String(view)
        guard text.utf8.count <= Self.maximumByteCount else {
            throw .invalid(field: "email", .tooLong(maximum: Self.maximumByteCount))
        }
        let sides = text.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, Self.isLocalPart(sides[0]), Self.isDomain(sides[1]) else {
            throw .invalid(field: "email", .malformed)
        }
        self.text = text
    }

    init(trusted text: String) { self.text = text }

    public var description: String { text }

    var folded: [UInt8] { CanonicalText.folded(text) }

    private static func isLocalPart(_ part: Substring) -> Bool {
        guard !part.isEmpty, part.utf8.count <= 64, !part.hasPrefix("."), !part.hasSuffix("."), !part.contains("..")
        else {
            return false
        }
        return part.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && !CanonicalText.disguises(scalar)
                && !"()<>[]:;,\\\"".unicodeScalars.contains(scalar)
        }
    }

    private static func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.unicodeScalars.allSatisfy {
                    $0 == "-" || $0.properties.isAlphabetic || ("0"..."9").contains($0)
                }
        }
    }
}
