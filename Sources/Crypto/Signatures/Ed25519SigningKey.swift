/// A key for Ed25519 signatures (RFC 8032); the secret half is wiped with its last reference and never given out.
public final class Ed25519SigningKey: Sendable {
    /// 32 bytes, for all to know.
    public let publicKey: [UInt8]
    private let secretKey: SecretBytes

    /// The key whose seed is `seed`, such as ``KeyRing/stableKey(_:)`` gives. Use one seed for nothing else.
    public init(seed: SealingKey) {
        let secretKey = Ed25519.secretKey(seed: seed.secret)
        publicKey = secretKey.withBytes { $0.extracting(Ed25519.seedSize...).copied() }
        self.secretKey = secretKey
    }

    /// The key of a 32-byte seed.
    ///
    /// - Returns: nil for any other length.
    public convenience init?(seed: borrowing SecretBytes) {
        guard seed.count == Ed25519.seedSize else { return nil }
        self.init(seed: seed.withBytes { SealingKey(SecretBytes(copying: $0)) })
    }

    /// The signature of `message`: 64 bytes, the same every time.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        Ed25519.sign(message, with: secretKey)
    }

    /// Whether `signature` is that of `message` under `publicKey`. False for keys and signatures of a wrong length or
    /// form, too (strict: canonical, no small-order points).
    public static func verify(_ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
        Ed25519.verify(signature, of: message, publicKey: publicKey)
    }
}
