/// Base 64 (RFC 4648, section 4) with padding; strict: no white space, no missing padding, no stray bits.
public enum Base64 {
    static let coding = RadixCoding(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bitsPerCharacter: 6, groupSize: 4,
        padding: .required)

    public static func encode(_ bytes: [UInt8]) -> String { coding.encodeText(bytes) }

    /// - Returns: nil unless `text` is exactly what ``encode(_:)`` gives for some bytes.
    public static func decode(_ text: String) -> [UInt8]? { coding.decodeText(text) }
}

/// Base 64 for URLs and file names (RFC 4648, section 5) without padding, as in RFC 7515; as strict.
public enum Base64URL {
    static let coding = RadixCoding(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", bitsPerCharacter: 6, groupSize: 4,
        padding: .forbidden)

    public static func encode(_ bytes: [UInt8]) -> String { coding.encodeText(bytes) }

    /// - Returns: nil unless `text` is exactly what ``encode(_:)`` gives for some bytes.
    public static func decode(_ text: String) -> [UInt8]? { coding.decodeText(text) }
}

/// Base 32 (RFC 4648, section 6) without padding, as authenticator programs take their secrets.
public enum Base32 {
    static let coding = RadixCoding(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bitsPerCharacter: 5, groupSize: 8, padding: .forbidden)

    public static func encode(_ bytes: [UInt8]) -> String { coding.encodeText(bytes) }

    /// - Returns: nil unless `text` is exactly what ``encode(_:)`` gives for some bytes.
    public static func decode(_ text: String) -> [UInt8]? { coding.decodeText(text) }
}
