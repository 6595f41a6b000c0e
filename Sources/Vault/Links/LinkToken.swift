import Crypto

/// The secret of a link: 24 random bytes, 32 characters of base64url. The database finds it by a keyed tag and holds it
/// sealed under the node's key, so neither a copy of the database nor a destroyed node gives it away.
public struct LinkToken: Sendable, Equatable, CustomStringConvertible {
    static let byteCount = 24

    public let text: String
    let bytes: [UInt8]

    static func random() -> LinkToken { LinkToken(bytes: Random.bytes(byteCount)) }

    init(bytes: [UInt8]) {
        self.bytes = bytes
        text = Base64URL.encode(bytes)
    }

    /// - Returns: nil for what no link was ever made with.
    public init?(_ text: String) {
        guard text.utf8.count == 32, let bytes = Base64URL.decode(text), bytes.count == Self.byteCount else {
            return nil
        }
        self.text = text
        self.bytes = bytes
    }

    /// Shows nothing: it is a secret.
    public var description: String { "LinkToken" }

    func tag(_ keyring: Keyring) -> [UInt8] { keyring.linkKey.tag(bytes) }
}
