import CSodium

/// Argon2id (RFC 9106) by libsodium. Blocking: tens of milliseconds and more.
enum Argon2id {
    static let saltSize = 16

    /// A 32-byte key from a passphrase.
    ///
    /// - Throws: `.unavailable` when there is not enough memory.
    static func key(
        from passphrase: Span<UInt8>, salt: [UInt8], parameters: PasswordParameters
    ) throws(CryptoError) -> SealingKey {
        Sodium.require()
        precondition(salt.count == saltSize)
        var key = SecretBytes(zeroed: SealingKey.size)
        let code = key.withMutableBytes { key in
            unsafe key.withUnsafeMutableBufferPointer { key in
                guard let output = key.baseAddress else { return Int32(-1) }
                return unsafe withAddress(of: passphrase) { address, count in
                    unsafe crypto_pwhash(
                        output, UInt64(key.count), address, UInt64(count), salt, UInt64(parameters.iterations),
                        parameters.memoryKiB * 1024, crypto_pwhash_ALG_ARGON2ID13)
                }
            }
        }
        guard code == 0 else { throw CryptoError.unavailable("not enough memory for Argon2id") }
        return SealingKey(key)
    }

    /// A PHC string (`$argon2id$v=19$m=…,t=…,p=1$salt$hash`) with a fresh salt.
    ///
    /// - Throws: `.unavailable` when there is not enough memory.
    static func hash(_ password: Span<UInt8>, parameters: PasswordParameters) throws(CryptoError) -> String {
        Sodium.require()
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let code = unsafe withAddress(of: password) { address, count in
            unsafe crypto_pwhash_str_alg(
                &text, address, UInt64(count), UInt64(parameters.iterations), parameters.memoryKiB * 1024,
                crypto_pwhash_ALG_ARGON2ID13)
        }
        guard code == 0 else { throw CryptoError.unavailable("not enough memory for Argon2id") }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether `password` is the one `hash`, a PHC string of bounded cost, was made from.
    static func verify(_ password: Span<UInt8>, against hash: String) -> Bool {
        Sodium.require()
        let code = unsafe withAddress(of: password) { address, count in
            unsafe crypto_pwhash_str_verify(hash, address, UInt64(count))
        }
        return code == 0
    }

    /// An address for C even for no bytes at all.
    private static func withAddress<Result>(
        of bytes: Span<UInt8>, _ body: (UnsafePointer<CChar>, Int) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            var empty: CChar = 0
            return unsafe withUnsafePointer(to: &empty) { empty in
                unsafe body(bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty, bytes.count)
            }
        }
    }
}
