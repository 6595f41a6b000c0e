import COpenSSL

/// HMAC (RFC 2104) over one digest context, keyed once and used for any number of messages.
///
/// Our own few lines instead of `EVP_MAC`: that needs several allocations and a parameter list per key, which costs
/// more than hashing the hundred bytes of a token or of an HKDF step.
struct HMAC: ~Copyable, Sendable {
    private var digest: Digest
    /// The key, zero-padded to a block and XORed: inner pad ‖ outer pad.
    private var pads: SecretBytes
    /// Whether the inner pad was fed; put off until there is a message, for most keys see one.
    private var isStarted = false

    /// - Parameter key: any length; one longer than a block is hashed first, as the RFC says.
    init(_ algorithm: DigestAlgorithm, key: Span<UInt8>) {
        var digest = Digest(algorithm)
        let blockSize = algorithm.blockSize
        var pads = SecretBytes(zeroed: 2 * blockSize)
        pads.withMutableBytes { pads in
            if key.count > blockSize {
                digest.update(key)
                digest.finish(overwriting: &pads)
            } else {
                for index in 0..<key.count { pads[index] = key[index] }
            }
            for index in 0..<blockSize {
                let byte = pads[index]
                pads[index] = byte ^ 0x36
                pads[blockSize + index] = byte ^ 0x5c
            }
        }
        self.digest = digest
        self.pads = pads
    }

    private mutating func start() {
        guard !isStarted else { return }
        isStarted = true
        let blockSize = digest.algorithm.blockSize
        pads.withBytes { digest.update($0.extracting(..<blockSize)) }
    }

    mutating func update(_ bytes: Span<UInt8>) {
        start()
        digest.update(bytes)
    }

    mutating func update(_ byte: UInt8) {
        start()
        digest.update(byte)
    }

    /// Writes the tag over the first bytes of `output`, which is at least as long as the digest, and starts over.
    mutating func finish(overwriting output: inout MutableSpan<UInt8>) {
        start()
        let size = digest.algorithm.size
        let blockSize = digest.algorithm.blockSize
        digest.finish(overwriting: &output)
        pads.withBytes { digest.update($0.extracting(blockSize...)) }
        digest.update(output.span.extracting(..<size))
        digest.finish(overwriting: &output)
        isStarted = false
    }

    /// The tag; starts over.
    mutating func finish() -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: digest.algorithm.size)
        var span = tag.mutableSpan
        finish(overwriting: &span)
        return tag
    }
}
