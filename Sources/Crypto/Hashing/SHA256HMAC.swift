/// HMAC with SHA-256 (RFC 2104, FIPS 180-4), for protocols that sign with it. Our own keys are ``SealingKey``s.
package enum SHA256HMAC {
    /// The 32-byte tag of `message`.
    package static func tag(_ message: String, key: borrowing SecretBytes) -> [UInt8] {
        var hmac = key.withBytes { HMAC(.sha256, key: $0) }
        hmac.update(Array(message.utf8).span)
        return hmac.finish()
    }

    /// The 32-byte tag of the pieces of a message, one after another.
    package static func tag(_ pieces: [[UInt8]], key: borrowing SecretBytes) -> [UInt8] {
        var hmac = key.withBytes { HMAC(.sha256, key: $0) }
        for piece in pieces { hmac.update(piece.span) }
        return hmac.finish()
    }

    /// The tag of `message` as a key for the next step: for chains of derivations.
    package static func derive(_ message: String, key: borrowing SecretBytes) -> SecretBytes {
        var hmac = key.withBytes { HMAC(.sha256, key: $0) }
        hmac.update(Array(message.utf8).span)
        var derived = SecretBytes(zeroed: 32)
        derived.withMutableBytes { hmac.finish(overwriting: &$0) }
        return derived
    }
}
