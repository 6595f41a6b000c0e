/// Records of comma-separated values (RFC 4180), made so that no spreadsheet takes a field for a formula.
struct CSVText {
    private(set) var bytes: [UInt8] = []

    /// Adds a record. Fields that need quotes get them.
    mutating func record(_ fields: [String]) {
        for (place, field) in fields.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            append(Self.harmless(field))
        }
        bytes += [0x0D, 0x0A]
    }

    private mutating func append(_ field: String) {
        let content = Array(field.utf8)
        guard
            content.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D })
                || content.first == UInt8(ascii: " ") || content.last == UInt8(ascii: " ")
        else {
            bytes += content
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in content {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The field with an apostrophe before it when a spreadsheet would calculate it (OWASP, "CSV Injection"): a file may be
    /// called `=HYPERLINK(…)`.
    static func harmless(_ field: String) -> String {
        guard let first = field.unicodeScalars.first(where: { !$0.properties.isWhitespace || $0 == "\t" || $0 == "\r" })
        else { return field }
        switch first {
        case "=", "+", "-", "@", "\t", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": return "'" + field
        default: return field
        }
    }
}
