import Vault

/// A content as lines of text.
public struct TextLines: Sendable, Equatable {
    public let lines: [String]
    /// Whether the last line ends with a line break; an empty text does.
    public let endsWithBreak: Bool

    public static let mostLines = 20_000
    /// Bytes of a content that is read as text.
    public static let mostBytes: Int64 = 1 << 20

    func isUnended(_ place: Int) -> Bool { !endsWithBreak && place == lines.count - 1 }

    /// - Returns: `nil` for bytes that are no text in UTF-8, UTF-16 (with its mark) or Latin-1.
    public init?(_ bytes: [UInt8]) {
        guard let text = Self.decoded(bytes) else { return nil }
        var lines: [String] = []
        var line: [UInt8] = []
        var isBroken = true
        for byte in text.utf8 {
            if byte == 0x0a {
                lines.append(String(decoding: line, as: UTF8.self))
                line.removeAll(keepingCapacity: true)
                isBroken = true
            } else {
                line.append(byte)
                isBroken = false
            }
        }
        if !isBroken { lines.append(String(decoding: line, as: UTF8.self)) }
        self.lines = lines
        endsWithBreak = isBroken
    }

    private static func decoded(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) { return utf16(bytes) }
        let body = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
        // Other control characters than those of lines and pages are not written by people.
        guard body.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || (0x09...0x0d).contains($0) || $0 == 0x1b }) else {
            return nil
        }
        if let text = String(validating: body, as: UTF8.self) { return text }
        guard !body.contains(where: { (0x80...0x9f).contains($0) }) else { return nil }
        return String(String.UnicodeScalarView(body.map { Unicode.Scalar($0) }))
    }

    private static func utf16(_ bytes: [UInt8]) -> String? {
        guard bytes.count % 2 == 0 else { return nil }
        let isLittle = bytes[0] == 0xff
        let units = stride(from: 2, to: bytes.count, by: 2).map { place in
            isLittle
                ? UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8
                : UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
        }
        return String(validating: units, as: UTF16.self)
    }

    /// Whether contents of a type are looked at as text at all; the bytes decide then.
    static func isLikely(_ mediaType: String) -> Bool {
        let plain = mediaType.split(separator: ";").first.map(String.init) ?? mediaType
        return plain.hasPrefix("text/") || plain == MediaType.unknown || plain.hasSuffix("+xml")
            || plain.hasSuffix("+json") || known.contains(plain)
    }

    private static let known: Set<String> = [
        "application/json", "application/xml", "application/javascript", "application/x-javascript",
        "application/x-yaml", "application/yaml", "application/toml", "application/sql", "application/x-sh",
        "application/x-shellscript", "application/x-httpd-php", "application/x-tex", "application/rtf",
        "application/x-subrip", "application/x-ndjson", "application/graphql",
    ]
}
