@_spi(_Unicode) import Swift

/// Unicode forms that two spellings of one text share.
enum CanonicalText {
    /// Normalization Form C (UAX #15).
    static func composed(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var scalars = String.UnicodeScalarView()
        for character in text._nfc { scalars.append(character) }
        return String(scalars)
    }

    /// What names are compared by: case-folded, then composed. Two names with equal folds may not share a place.
    static func folded(_ composed: String) -> [UInt8] {
        if composed.utf8.allSatisfy({ $0 < 0x80 }) {
            return composed.utf8.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
        }
        // Upper, then lower: the closest to full case folding the standard library offers ("ß" and "SS" meet).
        return Array(CanonicalText.composed(composed.uppercased().lowercased()).utf8)
    }

    /// The case-folded letters without their accents, for sorting.
    static func withoutMarks(_ composed: String) -> [UInt8] {
        var bare = String.UnicodeScalarView()
        for scalar in composed._nfd where scalar.properties.generalCategory != .nonspacingMark { bare.append(scalar) }
        return folded(String(bare))
    }

    /// Characters that disguise or break a text on one line: controls, separators, bidirectional marks.
    static func disguises(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029: true
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff, 0xfff9...0xfffb: true
        default: false
        }
    }
}
