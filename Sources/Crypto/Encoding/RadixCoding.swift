/// The bit packing common to base 32 and base 64 (RFC 4648): a table of characters, its inverse, and strictness.
struct RadixCoding: Sendable {
    private let alphabet: [UInt8]
    /// Value of each character; 255 for those outside the alphabet.
    private let values: [UInt8]
    private let bitsPerCharacter: Int
    /// Characters in a full group: 4 for base 64, 8 for base 32.
    private let groupSize: Int
    private let padding: Padding

    enum Padding { case required, forbidden }

    init(_ alphabet: String, bitsPerCharacter: Int, groupSize: Int, padding: Padding) {
        self.alphabet = Array(alphabet.utf8)
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in self.alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        self.values = values
        self.bitsPerCharacter = bitsPerCharacter
        self.groupSize = groupSize
        self.padding = padding
    }

    func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        let mask = UInt32(1) << UInt32(bitsPerCharacter) - 1
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 / bitsPerCharacter) + groupSize)
        var pending: UInt32 = 0
        var pendingBits = 0
        for index in 0..<bytes.count {
            pending = pending << 8 | UInt32(bytes[index])
            pendingBits += 8
            while pendingBits >= bitsPerCharacter {
                pendingBits -= bitsPerCharacter
                text.append(alphabet[Int(pending >> UInt32(pendingBits) & mask)])
            }
            pending &= 0xff
        }
        if pendingBits > 0 {
            text.append(alphabet[Int(pending << UInt32(bitsPerCharacter - pendingBits) & mask)])
        }
        if padding == .required {
            while text.count % groupSize != 0 { text.append(UInt8(ascii: "=")) }
        }
        return text
    }

    /// - Returns: nil for anything but the one spelling `encode` would give.
    func decode(_ text: Span<UInt8>) -> [UInt8]? {
        var length = text.count
        if padding == .required {
            guard length % groupSize == 0 else { return nil }
            while length > 0, text.count - length < groupSize, text[length - 1] == UInt8(ascii: "=") { length -= 1 }
        }
        let byteCount = length * bitsPerCharacter / 8
        // The number of characters must be the one this many bytes have, and so must the padding.
        guard length == (byteCount * 8 + bitsPerCharacter - 1) / bitsPerCharacter,
            padding == .forbidden || text.count == (length + groupSize - 1) / groupSize * groupSize
        else { return nil }
        var isCanonical = true
        let bytes = [UInt8](capacity: byteCount) { output in
            var pending: UInt32 = 0
            var pendingBits = 0
            for index in 0..<length {
                let value = values[Int(text[index])]
                guard value != 255 else {
                    isCanonical = false
                    return
                }
                pending = pending << UInt32(bitsPerCharacter) | UInt32(value)
                pendingBits += bitsPerCharacter
                if pendingBits >= 8 {
                    pendingBits -= 8
                    output.append(UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits)))
                    pending &= 0xff
                }
            }
            // Bits left over must be zero, or two spellings would mean the same bytes.
            isCanonical = pending & (UInt32(1) << UInt32(pendingBits) - 1) == 0
        }
        return isCanonical ? bytes : nil
    }

    func encodeText(_ bytes: [UInt8]) -> String {
        String(decoding: encode(bytes.span), as: UTF8.self)
    }

    func decodeText(_ text: String) -> [UInt8]? {
        let utf8 = Array(text.utf8)
        return decode(utf8.span)
    }
}
