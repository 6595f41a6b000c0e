/// The 36-character text form of a 128-bit identifier (RFC 9562, section 4), without Foundation: it is on every hot path.
package enum UUIDText {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func format(_ value: UInt128) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 36 ASCII bytes; what writers of long lists use.
    package static func append(_ value: UInt128, to text: inout [UInt8]) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            let byte = Int(truncatingIfNeeded: value >> UInt128(120 - 8 * index)) & 0xff
            text.append(digits[byte >> 4])
            text.append(digits[byte & 15])
        }
    }

    package static func parse(_ text: [UInt8]) -> UInt128? {
        guard text.count == 36 else { return nil }
        var value: UInt128 = 0
        for (index, byte) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt128(digit)
        }
        return value
    }
}
