/// A field value with parameters: `form-data; name="file"; filename*=UTF-8''caf%C3%A9` (RFC 9110, section 5.6.6).
public struct HeaderParameters: Sendable, Equatable {
    /// What stands before the first `;`.
    public let value: String
    private let parameters: [Query.Pair]

    /// Takes a field value apart; what is no parameter is passed over.
    public init(_ text: String) {
        var scanner = Scanner(bytes: Array(text.utf8))
        value = scanner.text(until: UInt8(ascii: ";")).trimmedBlanks
        var parameters: [Query.Pair] = []
        while scanner.take(UInt8(ascii: ";")), parameters.count < 32 {
            scanner.skipBlanks()
            let name = scanner.token()
            guard scanner.take(UInt8(ascii: "=")) else {
                _ = scanner.text(until: UInt8(ascii: ";"))
                continue
            }
            let content = scanner.quotedText() ?? scanner.text(until: UInt8(ascii: ";")).trimmedBlanks
            if !name.isEmpty { parameters.append(Query.Pair(name.lowercasedASCIIText, content)) }
            _ = scanner.text(until: UInt8(ascii: ";"))
        }
        self.parameters = parameters
    }

    /// The first parameter of that name; names have no case.
    public subscript(_ name: String) -> String? {
        parameters.first { $0.name == name.lowercasedASCIIText }?.value
    }

    /// The parameter `name*`, decoded (RFC 8187): UTF-8 or ISO-8859-1; nil when absent or broken.
    public func extended(_ name: String) -> String? {
        guard let text = self[name + "*"] else { return nil }
        let pieces = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard pieces.count == 3 else { return nil }
        switch pieces[0].lowercasedASCIIText {
        case "utf-8": return try? decodePercent(Array(pieces[2].utf8), plusIsBlank: false)
        case "iso-8859-1":
            guard let bytes = Self.bytes(Array(pieces[2].utf8)) else { return nil }
            return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return nil
        }
    }

    private static func bytes(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%") {
                guard index + 2 < text.count, let high = hexadecimalValue(text[index + 1]),
                    let low = hexadecimalValue(text[index + 2]), high | low != 0
                else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
        return bytes
    }

    /// Walks over a field value.
    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        mutating func take(_ byte: UInt8) -> Bool {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        mutating func skipBlanks() {
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        }

        mutating func token() -> String {
            let start = position
            while position < bytes.count, isTokenByte(bytes[position]) { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        mutating func text(until end: UInt8) -> String {
            let start = position
            while position < bytes.count, bytes[position] != end { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        /// A quoted text. A backslash quotes only `"` and itself: browsers send Windows paths with bare ones, and
        /// `%22` for a quote (WHATWG form encoding), which is turned back here.
        mutating func quotedText() -> String? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            var content: [UInt8] = []
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: "\"") { break }
                if byte == UInt8(ascii: "\\"), position < bytes.count,
                    bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "\\")
                {
                    content.append(bytes[position])
                    position += 1
                } else if byte == UInt8(ascii: "%"), position + 1 < bytes.count, bytes[position] == 0x32,
                    bytes[position + 1] == 0x32
                {
                    content.append(UInt8(ascii: "\""))
                    position += 2
                } else {
                    content.append(byte)
                }
            }
            return String(decoding: content, as: UTF8.self)
        }
    }
}
