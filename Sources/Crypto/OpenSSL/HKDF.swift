/// HKDF (RFC 5869) with SHA-256.
enum HKDF {
    /// HKDF-Expand: fills all of `output` (at most 255 × 32 bytes) from `key`, which is already uniformly random.
    ///
    /// `info` is given in two pieces, joined as they come.
    static func expand(
        _ key: Span<UInt8>, info: Span<UInt8>, _ moreInfo: Span<UInt8>, into output: inout MutableSpan<UInt8>
    ) {
        let size = DigestAlgorithm.sha256.size
        precondition(output.count <= 255 * size, "RFC 5869: L <= 255*HashLen")
        var mac = HMAC(.sha256, key: key)
        var block = SecretBytes(zeroed: size)
        var filled = 0
        var counter: UInt8 = 1
        while filled < output.count {
            if filled > 0 { block.withBytes { mac.update($0) } }
            mac.update(info)
            mac.update(moreInfo)
            mac.update(counter)
            block.withMutableBytes { mac.finish(overwriting: &$0) }
            let count = min(size, output.count - filled)
            block.withBytes { block in
                for index in 0..<count { output[filled + index] = block[index] }
            }
            filled += count
            counter &+= 1
        }
    }
}
