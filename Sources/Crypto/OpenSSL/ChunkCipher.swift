import COpenSSL

/// An AEAD of OpenSSL with 32-byte keys, 12-byte nonces and 16-byte tags, fetched once for the whole program.
@safe struct ChunkAlgorithm: @unchecked Sendable {
    // Sendable: a fetched EVP_CIPHER is immutable and lives as long as the program.
    fileprivate let pointer: OpaquePointer

    /// AES-256 in Galois/Counter Mode (NIST SP 800-38D).
    static let aes256GCM = ChunkAlgorithm("AES-256-GCM")
    /// ChaCha20-Poly1305 (RFC 8439).
    static let chaCha20Poly1305 = ChunkAlgorithm("ChaCha20-Poly1305")

    private init(_ name: String) {
        guard let fetched = unsafe EVP_CIPHER_fetch(nil, name, nil) else {
            preconditionFailure("OpenSSL offers no \(name)")
        }
        unsafe pointer = fetched
    }

    /// Whether OpenSSL has it (a stripped or restricted build may not).
    static func isAvailable(_ name: String) -> Bool {
        let fetched = unsafe EVP_CIPHER_fetch(nil, name, nil)
        defer { unsafe EVP_CIPHER_free(fetched) }
        clearLibraryErrors()
        return unsafe fetched != nil
    }
}

/// Owns one `EVP_CIPHER_CTX` with its key set up, for many chunks one after the other.
///
/// Only the nonce changes from chunk to chunk; setting up the key for each would halve the speed.
@safe struct ChunkCipher: ~Copyable, @unchecked Sendable {
    // Sendable: one owner, and every use of the context needs exclusive (`mutating`) access.
    private let context: OpaquePointer
    private let nonceHead: UInt32
    private let nonceTail: UInt64
    private let direction: Direction

    enum Direction { case sealing, opening }

    static let tagSize = 16

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - baseNonce: 12 bytes; chunk k uses it XORed with k as a big-endian number of the same width.
    /// - Throws: `.unavailable` when OpenSSL has no memory.
    init(_ algorithm: ChunkAlgorithm, key: Span<UInt8>, baseNonce: Span<UInt8>, for direction: Direction)
        throws(CryptoError)
    {
        precondition(key.count == 32 && baseNonce.count == 12)
        guard let created = unsafe EVP_CIPHER_CTX_new() else {
            throw CryptoError.unavailable("no memory for a cipher")
        }
        let code = unsafe key.withUnsafeBufferPointer { key in
            switch direction {
            case .sealing: unsafe EVP_EncryptInit_ex2(created, algorithm.pointer, key.baseAddress, nil, nil)
            case .opening: unsafe EVP_DecryptInit_ex2(created, algorithm.pointer, key.baseAddress, nil, nil)
            }
        }
        guard code == 1 else {
            unsafe EVP_CIPHER_CTX_free(created)
            clearLibraryErrors()
            throw CryptoError.unavailable("the cipher could not be set up")
        }
        unsafe context = created
        nonceHead = baseNonce.bigEndian(at: 0, as: UInt32.self)
        nonceTail = baseNonce.bigEndian(at: 4, as: UInt64.self)
        self.direction = direction
    }

    /// Appends `ciphertext ‖ tag` of chunk number `chunk` to `output`, which has room for it.
    mutating func seal(_ plain: Span<UInt8>, chunk: UInt64, into output: inout OutputSpan<UInt8>) {
        precondition(output.freeCapacity >= plain.count + Self.tagSize && plain.count <= Int32.max)
        setNonce(chunk)
        unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            guard let start = buffer.baseAddress else { return }
            let text = unsafe start + count
            var written: Int32 = 0
            if !plain.isEmpty {  // an empty update would mean "associated data"
                unsafe plain.withUnsafeBufferPointer { plain in
                    requireSuccess(
                        unsafe EVP_EncryptUpdate(context, text, &written, plain.baseAddress, Int32(plain.count)),
                        "to encrypt")
                }
            }
            precondition(Int(written) == plain.count)
            let tag = unsafe text + plain.count
            requireSuccess(unsafe EVP_EncryptFinal_ex(context, tag, &written), "to finish encrypting")
            requireSuccess(
                unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), tag), "to give the tag")
            count += plain.count + Self.tagSize
        }
    }

    /// Opens `sealed` (`ciphertext ‖ tag` of chunk number `chunk`) into `output` from `offset` on.
    ///
    /// - Returns: false, with those bytes zeroed, when the tag does not fit.
    mutating func open(
        _ sealed: Span<UInt8>, chunk: UInt64, into output: inout MutableRawSpan, at offset: Int
    ) -> Bool {
        guard sealed.count >= Self.tagSize, sealed.count <= Int32.max else { return false }
        let count = sealed.count - Self.tagSize
        precondition(offset >= 0 && output.byteCount - offset >= count)
        setNonce(chunk)
        return unsafe output.withUnsafeMutableBytes { output in
            unsafe sealed.withUnsafeBufferPointer { sealed in
                let text = unsafe UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + count])
                let tag = unsafe UnsafeMutableRawPointer(mutating: sealed.baseAddress.map { unsafe $0 + count })
                // Set before the text, so that nothing is decrypted without a tag to check against.
                var good = unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), tag) == 1
                var written: Int32 = 0
                if good, count > 0 {
                    good =
                        unsafe EVP_DecryptUpdate(
                            context, text.baseAddress?.assumingMemoryBound(to: UInt8.self), &written,
                            sealed.baseAddress,
                            Int32(count)) == 1
                }
                var spare: (UInt64, UInt64) = (0, 0)  // an AEAD leaves nothing for the end
                let final = unsafe withUnsafeMutableBytes(of: &spare) { spare in
                    unsafe EVP_DecryptFinal_ex(
                        context, spare.baseAddress?.assumingMemoryBound(to: UInt8.self), &written)
                }
                good = good && final == 1
                if !good {
                    unsafe text.initializeMemory(as: UInt8.self, repeating: 0)
                    clearLibraryErrors()
                }
                return good
            }
        }
    }

    private mutating func setNonce(_ chunk: UInt64) {
        let tail = nonceTail ^ chunk
        var nonce = (
            nonceHead.bigEndian, UInt32(truncatingIfNeeded: tail >> 32).bigEndian,
            UInt32(truncatingIfNeeded: tail).bigEndian
        )
        let code = unsafe withUnsafeBytes(of: &nonce) { nonce in
            let start = unsafe nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
            switch direction {
            case .sealing: return unsafe EVP_EncryptInit_ex2(context, nil, nil, start, nil)
            case .opening: return unsafe EVP_DecryptInit_ex2(context, nil, nil, start, nil)
            }
        }
        requireSuccess(code, "a nonce")
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }  // wipes the key
}
