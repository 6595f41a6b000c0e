import CSodium

/// Ed25519 (RFC 8032) by libsodium.
enum Ed25519 {
    static let seedSize = 32
    static let publicKeySize = 32
    static let secretKeySize = 64
    static let signatureSize = 64

    /// The secret key of a seed: the seed again and, as its last 32 bytes, the public key.
    static func secretKey(seed: borrowing SecretBytes) -> SecretBytes {
        Sodium.require()
        precondition(seed.count == seedSize)
        var secretKey = SecretBytes(zeroed: secretKeySize, protection: .guarded)
        var publicKey = [UInt8](repeating: 0, count: publicKeySize)
        secretKey.withMutableBytes { secretKey in
            unsafe secretKey.withUnsafeMutableBufferPointer { secretKey in
                unsafe seed.withUnsafeBytes { seed in
                    guard let output = secretKey.baseAddress,
                        let seed = unsafe seed.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    else { return }
                    let code = unsafe crypto_sign_seed_keypair(&publicKey, output, seed)
                    precondition(code == 0)  // it has no failure
                }
            }
        }
        return secretKey
    }

    static func sign(_ message: [UInt8], with secretKey: borrowing SecretBytes) -> [UInt8] {
        Sodium.require()
        precondition(secretKey.count == secretKeySize)
        var signature = [UInt8](repeating: 0, count: signatureSize)
        unsafe secretKey.withUnsafeBytes { secretKey in
            guard let key = unsafe secretKey.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            let code = unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), key)
            precondition(code == 0)  // it has no failure
        }
        return signature
    }

    static func verify(_ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
        Sodium.require()
        guard signature.count == signatureSize, publicKey.count == publicKeySize else { return false }
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }
}
