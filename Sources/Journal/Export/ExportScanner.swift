import Crypto

/// Reads a line of an export against its template; takes the canonical spelling of ``ExportText`` and no other.
struct ExportScanner {
    /// The line is not the canonical spelling of what was expected.
    struct Mismatch: Error {}

    private let bytes: [UInt8]
    private var position = 0

    init(_ line: [UInt8]) throws(Mismatch) {
        guard String(validating: line, as: UTF8.self) != nil else { throw Mismatch() }
        bytes = line
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Takes exactly `text`.
    mutating func expect(_ text: String) throws(Mismatch) {
        guard skip(text) else { throw Mismatch() }
    }

    /// Takes `text` if it comes next.
    mutating func skip(_ text: String) -> Bool {
        var place = position
        for byte in text.utf8 {
            guard place < bytes.count, bytes[place] == byte else { return false }
            place += 1
        }
        position = place
        return true
    }

    mutating func integer() throws(Mismatch) -> Int64 {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Int64(text), String(value) == text else { throw Mismatch() }
        return value
    }

    mutating func optionalInteger() throws(Mismatch) -> Int64? {
        skip("null") ? nil : try integer()
    }

    mutating func string() throws(Mismatch) -> [UInt8] {
        try expect("\"")
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return content
            case UInt8(ascii: "\\"): content.append(try escaped())
            case 0..<0x20: throw Mismatch()
            default: content.append(byte)
            }
        }
        throw Mismatch()
    }

    private mutating func escaped() throws(Mismatch) -> UInt8 {
        if skip("\"") { return UInt8(ascii: "\"") }
        if skip("\\") { return UInt8(ascii: "\\") }
        try expect("u00")
        guard position + 2 <= bytes.count, let high = Self.value(bytes[position]),
            let low = Self.value(bytes[position + 1]), high < 2
        else { throw Mismatch() }
        position += 2
        return high << 4 | low
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    mutating func text() throws(Mismatch) -> String {
        String(decoding: try string(), as: UTF8.self)
    }

    mutating func optionalText() throws(Mismatch) -> String? {
        skip("null") ? nil : try text()
    }

    mutating func optionalIdentifier() throws(Mismatch) -> UInt128? {
        if skip("null") { return nil }
        guard let identifier = UUIDText.decode(try string()) else { throw Mismatch() }
        return identifier
    }

    mutating func base64() throws(Mismatch) -> [UInt8] {
        guard let content = Base64.decode(try text()) else { throw Mismatch() }
        return content
    }

    mutating func optionalBase64() throws(Mismatch) -> [UInt8]? {
        skip("null") ? nil : try base64()
    }
}
