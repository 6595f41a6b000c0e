/// Identifiers as text: 32 hexadecimal digits in lower case, grouped 8-4-4-4-12 (RFC 9562, section 4).
enum UUIDText {
    static func encode(_ value: UInt128) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    static func append(_ value: UInt128, to text: inout [UInt8]) {
        for digit in 0..<32 {
            if digit == 8 || digit == 12 || digit == 16 || digit == 20 { text.append(UInt8(ascii: "-")) }
            let nibble = UInt8(truncatingIfNeeded: value >> UInt128(124 - 4 * digit)) & 15
            text.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }

    /// - Returns: nil for anything but the spelling of ``encode(_:)``.
    static func decode(_ text: some Collection<UInt8>) -> UInt128? {
        guard text.count == 36 else { return nil }
        var value: UInt128 = 0
        for (place, character) in text.enumerated() {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | UInt128(digit)
        }
        return value
    }
}
