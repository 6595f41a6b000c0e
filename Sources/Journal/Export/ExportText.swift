import Crypto

/// Writes the JSON of an export in its one canonical spelling (`docs/formats/journal.md`): no white space, strings as
/// UTF-8 in which only `"`, `\` and control characters are escaped, numbers in decimal.
///
/// One spelling only, so that both verifiers can demand every line byte for byte.
struct ExportText {
    private(set) var bytes: [UInt8] = []

    mutating func append(raw text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ number: Int64) {
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func append(_ number: Int64?) {
        if let number { append(number) } else { append(raw: "null") }
    }

    /// A string; ill-formed UTF-8 comes out repaired, which makes its event's hash wrong.
    mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.digit(byte >> 4))
                bytes.append(Self.digit(byte & 15))
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func append(_ text: String?) {
        if let text { append(text) } else { append(raw: "null") }
    }

    mutating func append(_ identifier: UInt128?) {
        guard let identifier else { return append(raw: "null") }
        bytes.append(UInt8(ascii: "\""))
        UUIDText.append(identifier, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Bytes as a string of base64.
    mutating func append(base64 content: [UInt8]?) {
        guard let content else { return append(raw: "null") }
        append(raw: "\"\(Base64.encode(content))\"")
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
