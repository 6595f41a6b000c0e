import CSodium

/// X25519 key pairs and sealed boxes by libsodium (`crypto_box_seal`): whoever has the public half seals, who has the secret
/// half opens.
enum SealedMessage {
    static let publicKeySize = 32
    static let secretKeySize = 32
    /// The ephemeral public key and the tag.
    static let overhead = 48

    /// The public half of a secret key.
    static func publicKey(of secret: borrowing SecretBytes) -> [UInt8] {
        Sodium.require()
        precondition(secret.count == secretKeySize)
        var publicKey = [UInt8](repeating: 0, count: publicKeySize)
        unsafe secret.withUnsafeBytes { secret in
            guard let key = unsafe secret.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            let code = unsafe crypto_scalarmult_base(&publicKey, key)
            precondition(code == 0)  // it has no failure
        }
        return publicKey
    }

    /// - Returns: nil for a public key that is none.
    static func seal(_ message: borrowing SecretBytes, to publicKey: [UInt8]) -> [UInt8]? {
        Sodium.require()
        guard publicKey.count == publicKeySize else { return nil }
        var sealed = [UInt8](repeating: 0, count: message.count + overhead)
        let code = unsafe message.withUnsafeBytes { message in
            guard let text = unsafe message.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return Int32(-1) }
            return unsafe crypto_box_seal(&sealed, text, UInt64(message.count), publicKey)
        }
        return code == 0 ? sealed : nil
    }

    /// - Returns: nil when it was sealed to another key, or altered.
    static func open(_ sealed: [UInt8], publicKey: [UInt8], secret: borrowing SecretBytes) -> SecretBytes? {
        Sodium.require()
        guard sealed.count >= overhead, publicKey.count == publicKeySize, secret.count == secretKeySize else {
            return nil
        }
        var message = SecretBytes(zeroed: sealed.count - overhead)
        let code = message.withMutableBytes { message in
            unsafe message.withUnsafeMutableBufferPointer { output in
                unsafe secret.withUnsafeBytes { secret in
                    guard let address = output.baseAddress,
                        let key = unsafe secret.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    else { return Int32(-1) }
                    return unsafe crypto_box_seal_open(address, sealed, UInt64(sealed.count), publicKey, key)
                }
            }
        }
        guard code == 0 else { return nil }
        return message
    }
}
