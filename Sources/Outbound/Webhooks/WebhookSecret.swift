import Crypto

/// The secret that the receiver of a webhook shares with us: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks).
/// Never printed.
package final class WebhookSecret: Sendable {
    private let key: SecretBytes

    package static let expectation = "whsec_ and 24 to 64 bytes in base64, as `openssl rand -base64 32` makes them"

    /// - Returns: nil for anything else than `whsec_…`; the prefix may be missing.
    package init?(parsing text: String) {
        let encoded = text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text
        guard let bytes = Base64.decode(encoded), (24...64).contains(bytes.count) else { return nil }
        key = SecretBytes(copying: bytes)
    }

    /// The value of `webhook-signature`: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`.
    /// - Parameter timestamp: seconds since 1970.
    package func signature(id: String, timestamp: Int64, body: [[UInt8]]) -> String {
        "v1," + Base64.encode(SHA256HMAC.tag([Array("\(id).\(timestamp).".utf8)] + body, key: key))
    }
}
