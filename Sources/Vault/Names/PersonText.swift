/// Checks for the short texts people write about themselves.
package enum PersonText {
    /// A given or family name: at most 50 characters (requirements/1, User), one line.
    package static func name(_ raw: String, field: String) throws(VaultError) -> String {
        try line(raw, field: field, maximum: 50)
    }

    /// A text of one line, not empty.
    static func line(_ raw: String, field: String, maximum: Int) throws(VaultError) -> String {
        let text = trimmed(CanonicalText.composed(raw))
        guard !text.isEmpty else { throw .invalid(field: field, .empty) }
        guard text.count <= maximum, text.utf8.count <= 8 * maximum else {
            throw .invalid(field: field, .tooLong(maximum: maximum))
        }
        guard !text.unicodeScalars.contains(where: CanonicalText.disguises) else {
            throw .invalid(field: field, .forbiddenCharacter)
        }
        return text
    }

    /// A longer text of several lines.
    static func paragraph(_ raw: String, field: String, maximum: Int) throws(VaultError) -> String {
        let text = CanonicalText.composed(raw)
        guard text.count <= maximum, text.utf8.count <= 8 * maximum else {
            throw .invalid(field: field, .tooLong(maximum: maximum))
        }
        guard
            !text.unicodeScalars.contains(where: {
                CanonicalText.disguises($0) && $0 != "\n" && $0 != "\t" && $0 != "\r"
            })
        else { throw .invalid(field: field, .forbiddenCharacter) }
        return text
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars.reversed().drop { $0.properties.isWhitespace }.reversed())
        return String(view)
    }
}
