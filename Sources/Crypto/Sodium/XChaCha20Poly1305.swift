import CSodium

/// AEAD_XCHACHA20_POLY1305 (draft-irtf-cfrg-xchacha-03) by libsodium, in one call: for small things.
enum XChaCha20Poly1305 {
    static let keySize = 32
    static let nonceSize = 24
    static let tagSize = 16

    /// A nonce, long enough to be drawn at random for every message (2⁹⁶ messages under one key before a collision
    /// becomes likely).
    typealias Nonce = InlineArray<24, UInt8>

    /// A fresh random nonce from the system.
    static func randomNonce() -> Nonce {
        var nonce = Nonce(repeating: 0)
        var span = nonce.mutableSpan
        unsafe span.withUnsafeMutableBytes { unsafe Sodium.fillRandom($0) }
        return nonce
    }

    /// Appends `ciphertext ‖ tag` to `output`, which has room for `plain.count + tagSize` more bytes.
    static func seal(
        _ plain: Span<UInt8>, key: borrowing SecretBytes, nonce: Span<UInt8>, authenticating associated: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) {
        Sodium.require()
        precondition(key.count == keySize && nonce.count == nonceSize && output.freeCapacity >= plain.count + tagSize)
        unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            unsafe plain.withUnsafeBufferPointer { plain in
                unsafe associated.withUnsafeBufferPointer { associated in
                    unsafe nonce.withUnsafeBufferPointer { nonce in
                        unsafe key.withUnsafeBytes { key in
                            guard let start = buffer.baseAddress, let nonce = nonce.baseAddress,
                                let key = unsafe key.baseAddress?.assumingMemoryBound(to: UInt8.self)
                            else { return }
                            var written: UInt64 = 0
                            let code = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                                start + count, &written, plain.baseAddress, UInt64(plain.count),
                                associated.baseAddress, UInt64(associated.count), nil, nonce, key)
                            // libsodium's encryption has no failure; the check is here for the day it gets one.
                            precondition(code == 0 && written == UInt64(plain.count + tagSize))
                            count += plain.count + tagSize
                        }
                    }
                }
            }
        }
    }

    /// Opens `sealed` (`ciphertext ‖ tag`) into `output`, exactly `sealed.count - tagSize` bytes long.
    ///
    /// - Returns: false, with `output` zeroed, when the tag does not fit.
    static func open(
        _ sealed: Span<UInt8>, key: borrowing SecretBytes, nonce: Span<UInt8>, authenticating associated: Span<UInt8>,
        into output: inout MutableSpan<UInt8>
    ) -> Bool {
        Sodium.require()
        guard key.count == keySize, nonce.count == nonceSize, sealed.count >= tagSize,
            output.count == sealed.count - tagSize
        else { return false }
        return unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe sealed.withUnsafeBufferPointer { sealed in
                unsafe associated.withUnsafeBufferPointer { associated in
                    unsafe nonce.withUnsafeBufferPointer { nonce in
                        unsafe key.withUnsafeBytes { key in
                            guard let from = sealed.baseAddress, let nonce = nonce.baseAddress,
                                let key = unsafe key.baseAddress?.assumingMemoryBound(to: UInt8.self)
                            else { return false }
                            let code = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                                output.baseAddress, nil, nil, from, UInt64(sealed.count),
                                associated.baseAddress, UInt64(associated.count), nonce, key)
                            guard code == 0 else {
                                unsafe output.update(repeating: 0)
                                return false
                            }
                            return true
                        }
                    }
                }
            }
        }
    }

    /// HChaCha20 (draft-irtf-cfrg-xchacha-03, section 2.2): the ChaCha20 key for all nonces that begin with these 16 bytes.
    static func subkey(of key: Span<UInt8>, noncePrefix: Span<UInt8>) -> SecretBytes {
        Sodium.require()
        precondition(key.count == keySize && noncePrefix.count == 16)
        var subkey = SecretBytes(zeroed: keySize)
        subkey.withMutableBytes { output in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe noncePrefix.withUnsafeBufferPointer { nonce in
                        guard let output = output.baseAddress, let nonce = nonce.baseAddress, let key = key.baseAddress
                        else { return }
                        let code = unsafe crypto_core_hchacha20(output, nonce, key, nil)
                        precondition(code == 0)
                    }
                }
            }
        }
        return subkey
    }
}
