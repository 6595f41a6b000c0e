/// One share of a split key as people keep it (docs/formats/key-ring.md, "Shares").
///
/// `CSVSHARE1-` and, in base 32 and groups of eight: vault (16) ‖ set (4) ‖ threshold (1) ‖ index (1) ‖ value (32) ‖ the
/// first 4 bytes of SHA-256 of `CSVSHARE1` and all before.
package struct KeyShare: Sendable {
    /// The vault's id, 16 bytes.
    let vault: [UInt8]
    let set: UInt32
    package let threshold: Int
    let point: SplitValue

    /// 1…255.
    package var index: Int { Int(point.index) }

    static let valueSize = SealingKey.size
    private static let size = 16 + 4 + 1 + 1 + valueSize + checkSize
    private static let checkSize = 4
    private static let prefix: StaticString = "CSVSHARE1"
    /// More characters than any share has, whatever blanks somebody put in.
    package static let longestText = 512

    init(vault: [UInt8], set: UInt32, threshold: Int, point: SplitValue) {
        self.vault = vault
        self.set = set
        self.threshold = threshold
        self.point = point
    }

    /// Reads a share as somebody typed it: letters in any case, with blanks and dashes anywhere.
    ///
    /// - Throws: `.custody(.share(.malformed))`.
    package init(parsing text: borrowing SecretBytes) throws(CryptoError) {
        guard let share = Self.read(text) else { throw CryptoError.custody(.share(.malformed)) }
        self = share
    }

    /// The share for paper or a password manager. The text cannot be wiped: print it and let go of it.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        bytes.append(contentsOf: vault)
        bytes.append(bigEndian: set)
        bytes.append(UInt8(threshold))
        bytes.append(point.index)
        point.value.withBytes { bytes.append($0) }
        bytes.append(contentsOf: Self.check(of: bytes.span))
        let letters = Base32.coding.encode(bytes.span)
        bytes.withMutableBytes { $0.zero(0..<Self.size) }
        var text = "\(Self.prefix)"
        for start in stride(from: 0, to: letters.count, by: 8) {
            text += "-" + String(decoding: letters[start..<min(start + 8, letters.count)], as: UTF8.self)
        }
        return text
    }

    private static func read(_ text: borrowing SecretBytes) -> KeyShare? {
        guard text.count <= longestText else { return nil }
        var bytes = SecretBytes(zeroed: size)
        let isWhole = bytes.withMutableBytes { output in
            text.withBytes { decode($0, into: &output) }
        }
        guard isWhole else { return nil }
        return bytes.withBytes { bytes in
            let end = bytes.count - checkSize
            let check = Self.check(of: bytes.extracting(..<end))
            guard constantTimeEqual(check.span, bytes.extracting(end...)) else { return nil }
            let (threshold, index) = (Int(bytes[20]), bytes[21])
            guard threshold >= 2, index >= 1 else { return nil }
            return KeyShare(
                vault: bytes.extracting(..<16).copied(), set: bytes.bigEndian(at: 16, as: UInt32.self),
                threshold: threshold,
                point: SplitValue(index: index, value: SecretBytes(copying: bytes.extracting(22..<end))))
        }
    }

    /// Base 32 straight into memory that is wiped. False for anything but a prefix and exactly as many letters as fit.
    private static func decode(_ text: Span<UInt8>, into output: inout MutableSpan<UInt8>) -> Bool {
        var prefixed = 0
        var (pending, bits, written) = (UInt32(0), UInt32(0), 0)
        for position in text.indices {
            guard let letter = letter(text[position]) else { continue }
            if prefixed < prefix.utf8CodeUnitCount {
                guard prefix.withBytes({ $0[prefixed] }) == letter else { return false }
                prefixed += 1
                continue
            }
            guard let value = value(letter) else { return false }
            pending = pending << 5 | value
            bits += 5
            guard bits >= 8 else { continue }
            guard written < output.count else { return false }
            bits -= 8
            output[written] = UInt8(truncatingIfNeeded: pending >> bits)
            written += 1
            pending &= (1 << bits) - 1
        }
        // What is left are the zero bits that fill the last letter; a whole letter more would be surplus.
        return written == output.count && bits < 5 && pending == 0
    }

    /// In upper case; nil for what only separates.
    private static func letter(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "-"): nil
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
        default: byte
        }
    }

    private static func value(_ letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
        case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(letter - UInt8(ascii: "2") + 26)
        default: nil
        }
    }

    private static func check(of bytes: Span<UInt8>) -> [UInt8] {
        var digest = Digest(.sha256)
        prefix.withBytes { digest.update($0) }
        digest.update(bytes)
        return Array(digest.finish().prefix(checkSize))
    }
}
