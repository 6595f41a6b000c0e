/// What HKDF-Expand makes of key, salt and context for one stream (C2SP chunked-encryption, "Key derivation"):
/// key (32) ‖ base nonce (12 or 24) ‖ commitment (32).
struct StreamKeys: ~Copyable {
    private let derived: SecretBytes
    private let suite: StreamSuite

    init(_ key: SealingKey, suite: StreamSuite, salt: Span<UInt8>, context: [UInt8]) {
        precondition(salt.count == StreamFormat.saltSize)
        var info: [UInt8] = []
        info.reserveCapacity(80)
        info.append("c2sp.org/chunked-encryption@v1+")
        info.append(suite.name)
        info.append(0)
        info.append(salt)
        var derived = SecretBytes(zeroed: SealingKey.size + suite.nonceSize + StreamFormat.commitmentSize)
        derived.withMutableBytes { output in
            key.secret.withBytes { HKDF.expand($0, info: info.span, context.span, into: &output) }
        }
        self.derived = derived
        self.suite = suite
    }

    /// Lends the commitment: 32 bytes that only this key, salt and context have.
    borrowing func withCommitment<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        derived.withBytes { body($0.extracting((SealingKey.size + suite.nonceSize)...)) }
    }

    /// A cipher for sealing; stops the program when there is no memory for it.
    borrowing func sealingCipher() -> ChunkCipher {
        do throws(CryptoError) {
            return try cipher(for: .sealing)
        } catch {
            preconditionFailure("out of memory")
        }
    }

    /// The cipher for the chunks.
    ///
    /// XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key made from the first 16 bytes of the nonce, with the last 8
    /// as its nonce behind four zero bytes. The chunk number touches only the last 5 bytes, so that key is made once
    /// a stream and OpenSSL's ChaCha20-Poly1305, twice as fast as libsodium's, does the rest.
    borrowing func cipher(for direction: ChunkCipher.Direction) throws(CryptoError) -> ChunkCipher {
        try derived.withBytes { (derived) throws(CryptoError) -> ChunkCipher in
            let key = derived.extracting(..<SealingKey.size)
            let nonce = derived.extracting(SealingKey.size..<SealingKey.size + suite.nonceSize)
            switch suite {
            case .aes256GCM:
                return try ChunkCipher(.aes256GCM, key: key, baseNonce: nonce, for: direction)
            case .xchacha20Poly1305:
                let subkey = XChaCha20Poly1305.subkey(of: key, noncePrefix: nonce.extracting(..<16))
                var tail = InlineArray<12, UInt8>(repeating: 0)
                for index in 0..<8 { tail[4 + index] = nonce[16 + index] }
                return try subkey.withBytes { (subkey) throws(CryptoError) -> ChunkCipher in
                    try ChunkCipher(.chaCha20Poly1305, key: subkey, baseNonce: tail.span, for: direction)
                }
            }
        }
    }
}
