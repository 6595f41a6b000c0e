import Crypto

/// A short-lived permission that stands in a URL: to begin a download after the password was given, or to continue one
/// that was counted already.
///
/// base64url of: purpose (1 byte) ‖ expiry (8, Unix seconds) ‖ version (8) ‖ HMAC-SHA-256 (32) over these, the link's id and
/// its sealed password: another password ends what the old one opened.
struct LinkPass: Equatable {
    enum Purpose: UInt8 { case unlocked = 1, counted = 2 }

    private static let byteCount = 49

    let purpose: Purpose
    /// Unix seconds.
    let expiresAt: Int64
    /// The version that a counted download is of; 0 where none is meant.
    let version: Int64

    func text(for link: LinkRow, _ keyring: Keyring) -> String {
        Base64URL.encode(message + tag(for: link, keyring))
    }

    /// - Returns: nil for what was not made for this link, was altered, or is over.
    init?(_ text: String, purpose: Purpose, for link: LinkRow, now: Int64, _ keyring: Keyring) {
        guard text.utf8.count <= 80, let bytes = Base64URL.decode(text), bytes.count == Self.byteCount,
            bytes[0] == purpose.rawValue
        else { return nil }
        self.init(
            purpose: purpose, expiresAt: Self.number(bytes[1..<9]), version: Self.number(bytes[9..<17]))
        guard constantTimeEqual(Array(bytes[17...]), tag(for: link, keyring)), now < expiresAt else { return nil }
    }

    init(purpose: Purpose, expiresAt: Int64, version: Int64 = 0) {
        self.purpose = purpose
        self.expiresAt = expiresAt
        self.version = version
    }

    private var message: [UInt8] { [purpose.rawValue] + Self.bytes(expiresAt) + Self.bytes(version) }

    private func tag(for link: LinkRow, _ keyring: Keyring) -> [UInt8] {
        // The message has one length, the id has, and what may be absent stands last.
        keyring.linkPassKey.tag(message + Array(link.id.description.utf8) + (link.sealedPassword ?? []))
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
