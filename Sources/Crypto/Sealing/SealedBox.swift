/// The form of everything small that this module seals, format 1 (docs/formats/sealed-metadata.md):
/// format (1 byte, 1) ‖ nonce (24) ‖ ciphertext ‖ tag (16).
enum SealedBox {
    static let format: UInt8 = 1
    static let overhead = 1 + XChaCha20Poly1305.nonceSize + XChaCha20Poly1305.tagSize

    /// What kind of thing is inside. Authenticated, so that a wrapped key never opens as metadata or the reverse.
    enum Kind {
        case key, metadata

        /// Exactly 16 bytes, so that what follows starts at a fixed place.
        var label: StaticString {
            switch self {
            case .key: "cloudspace key 1"
            case .metadata: "cloudspace box 1"
            }
        }
    }

    static func seal(
        _ plain: Span<UInt8>, kind: Kind, key: borrowing SecretBytes, generation: UInt32, context: SealContext
    ) -> [UInt8] {
        let associated = associatedData(kind, generation, context)
        let nonce = XChaCha20Poly1305.randomNonce()
        return [UInt8](capacity: overhead + plain.count) { output in
            output.append(format)
            output.append(copying: nonce.span)
            XChaCha20Poly1305.seal(plain, key: key, nonce: nonce.span, authenticating: associated.span, into: &output)
        }
    }

    /// Opens `sealed` into `output`, which is exactly `sealed.count - overhead` bytes long.
    static func open(
        _ sealed: Span<UInt8>, kind: Kind, key: borrowing SecretBytes, generation: UInt32, context: SealContext,
        into output: inout MutableSpan<UInt8>
    ) throws(CryptoError) {
        let associated = associatedData(kind, generation, context)
        let textStart = 1 + XChaCha20Poly1305.nonceSize
        guard
            XChaCha20Poly1305.open(
                sealed.extracting(textStart...), key: key, nonce: sealed.extracting(1..<textStart),
                authenticating: associated.span, into: &output)
        else { throw CryptoError.openFailed }
    }

    /// Checks the format byte and returns the size of the plaintext.
    static func plainSize(of sealed: [UInt8]) throws(CryptoError) -> Int {
        guard let first = sealed.first else { throw CryptoError.openFailed }
        guard first == format else { throw CryptoError.unsupportedFormat(first) }
        guard sealed.count >= overhead else { throw CryptoError.openFailed }
        return sealed.count - overhead
    }

    /// label (16) ‖ generation (4, big-endian; 0 outside the key ring) ‖ context.
    private static func associatedData(_ kind: Kind, _ generation: UInt32, _ context: SealContext) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + context.bytes.count)
        bytes.append(kind.label)
        bytes.append(bigEndian: generation)
        bytes.append(contentsOf: context.bytes)
        return bytes
    }
}

extension SealingKey {
    /// Seals `plain` (metadata: names, tags, comments…) under this key: format ‖ nonce ‖ ciphertext ‖ tag, 41 bytes
    /// longer. XChaCha20-Poly1305 with a fresh random nonce.
    public func seal(_ plain: [UInt8], context: SealContext) -> [UInt8] {
        SealedBox.seal(plain.span, kind: .metadata, key: secret, generation: 0, context: context)
    }

    /// Opens what ``seal(_:context:)`` sealed under this key and the same context.
    ///
    /// - Throws: `.openFailed`; `.unsupportedFormat` when the first byte names another format.
    public func open(_ sealed: [UInt8], context: SealContext) throws(CryptoError) -> [UInt8] {
        var plain = [UInt8](repeating: 0, count: try SealedBox.plainSize(of: sealed))
        var span = plain.mutableSpan
        try SealedBox.open(
            sealed.span, kind: .metadata, key: secret, generation: 0, context: context, into: &span)
        return plain
    }

    /// Seals another key under this one: 73 bytes (docs/formats/wrapped-keys.md).
    public func wrap(_ inner: SealingKey, context: SealContext) -> [UInt8] {
        wrap(inner, generation: 0, context: context)
    }

    /// Opens a key that ``wrap(_:context:)`` sealed under this key and the same context.
    ///
    /// - Throws: `.openFailed`; `.unsupportedFormat` when the first byte names another format.
    public func unwrap(_ wrapped: [UInt8], context: SealContext) throws(CryptoError) -> SealingKey {
        try unwrap(wrapped, generation: 0, context: context)
    }

    func wrap(_ inner: SealingKey, generation: UInt32, context: SealContext) -> [UInt8] {
        inner.secret.withBytes {
            SealedBox.seal($0, kind: .key, key: secret, generation: generation, context: context)
        }
    }

    func unwrap(_ wrapped: [UInt8], generation: UInt32, context: SealContext) throws(CryptoError) -> SealingKey {
        guard try SealedBox.plainSize(of: wrapped) == Self.size else { throw CryptoError.openFailed }
        // Straight into memory that is wiped; never through an array.
        var inner = SecretBytes(zeroed: Self.size)
        try inner.withMutableBytes { (output: inout MutableSpan<UInt8>) throws(CryptoError) in
            try SealedBox.open(
                wrapped.span, kind: .key, key: secret, generation: generation, context: context, into: &output)
        }
        return SealingKey(inner)
    }
}
