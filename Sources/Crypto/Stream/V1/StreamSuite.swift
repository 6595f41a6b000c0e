/// Which AEAD a blob stream is sealed with. The number is recorded with the blob; both stay readable for ever.
public enum StreamSuite: UInt8, Sendable, CaseIterable {
    /// AEAD_AES_256_GCM: the fastest where the processor has AES instructions.
    case aes256GCM = 1
    /// AEAD_XCHACHA20_POLY1305: the faster (and safer) one where it has not.
    case xchacha20Poly1305 = 2

    /// The one to seal with on this machine.
    public static var preferred: StreamSuite { processorHasAES ? .aes256GCM : .xchacha20Poly1305 }

    /// The name that goes into the key derivation (C2SP chunked-encryption, "Key derivation").
    var name: StaticString {
        switch self {
        case .aes256GCM: "AEAD_AES_256_GCM"
        case .xchacha20Poly1305: "AEAD_XCHACHA20_POLY1305"
        }
    }

    /// Bytes of base nonce that are derived.
    var nonceSize: Int {
        switch self {
        case .aes256GCM: 12
        case .xchacha20Poly1305: 24
        }
    }
}
