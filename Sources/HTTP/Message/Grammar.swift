/// True for the bytes of a `token`: method names, header names, parameter names (RFC 9110, section 5.6.2).
@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
        UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
        true
    default: false
    }
}

/// True for the bytes of a field value: visible characters, blanks, tabs and `obs-text` (RFC 9110, section 5.5).
@inline(__always)
func isFieldByte(_ byte: UInt8) -> Bool {
    byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
}

/// The byte with ASCII capitals made small.
@inline(__always)
func lowercasedASCII(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

/// The value of a hexadecimal digit, nil for any other byte.
@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

extension StringProtocol {
    /// The text without blanks and tabs at either end: `OWS` of RFC 9110, section 5.6.3.
    var trimmedBlanks: String {
        var view = Substring(self)
        while view.hasPrefix(" ") || view.hasPrefix("\t") { view.removeFirst() }
        while view.hasSuffix(" ") || view.hasSuffix("\t") { view.removeLast() }
        return String(view)
    }

    /// The text with ASCII capitals made small.
    var lowercasedASCIIText: String {
        String(decoding: utf8.map(lowercasedASCII), as: UTF8.self)
    }
}
