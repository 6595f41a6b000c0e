import COpenSSL

/// A hash function of OpenSSL, fetched once for the whole program.
@safe struct DigestAlgorithm: @unchecked Sendable {
    // Sendable: a fetched EVP_MD is immutable and lives as long as the program.
    let pointer: OpaquePointer
    let size: Int
    let blockSize: Int

    /// SHA-256 (FIPS 180-4); through OpenSSL it uses the processor's SHA instructions.
    static let sha256 = DigestAlgorithm("SHA2-256", size: 32)
    /// SHA-1 (FIPS 180-4): for RFC 6238 codes only, where authenticator programs expect it.
    static let sha1 = DigestAlgorithm("SHA1", size: 20)
    /// MD5 (RFC 1321): a checksum some protocols promise, never a protection.
    static let md5 = DigestAlgorithm("MD5", size: 16)

    private init(_ name: String, size: Int) {
        guard let fetched = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("OpenSSL offers no \(name)")
        }
        unsafe pointer = fetched
        self.size = size
        blockSize = 64
    }

    /// Whether OpenSSL has it (a stripped or restricted build may not).
    static func isAvailable(_ name: String) -> Bool {
        let fetched = unsafe EVP_MD_fetch(nil, name, nil)
        defer { unsafe EVP_MD_free(fetched) }
        clearLibraryErrors()
        return unsafe fetched != nil
    }
}

/// Owns one `EVP_MD_CTX`: a running hash that can be used again after each result.
@safe struct Digest: ~Copyable, @unchecked Sendable {
    // Sendable: one owner, and every use of the context needs exclusive (`mutating`) access.
    private let context: OpaquePointer
    let algorithm: DigestAlgorithm
    /// Whether the context is set up; put off until there is something to feed, for most digests are used once.
    private var isStarted = false

    init(_ algorithm: DigestAlgorithm) {
        guard let created = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe context = created
        self.algorithm = algorithm
    }

    @inline(__always)
    private mutating func start() {
        guard !isStarted else { return }
        requireSuccess(unsafe EVP_DigestInit_ex(context, algorithm.pointer, nil), "to start a digest")
        isStarted = true
    }

    mutating func update(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        start()
        unsafe bytes.withUnsafeBytes { bytes in
            requireSuccess(unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "to digest")
        }
    }

    mutating func update(_ byte: UInt8) {
        start()
        var byte = byte
        requireSuccess(unsafe EVP_DigestUpdate(context, &byte, 1), "to digest")
    }

    /// Writes the result over the first bytes of `output`, which is at least that long, and starts over.
    mutating func finish(overwriting output: inout MutableSpan<UInt8>) {
        precondition(output.count >= algorithm.size)
        start()
        unsafe output.withUnsafeMutableBufferPointer { buffer in
            requireSuccess(unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil), "to finish a digest")
        }
        isStarted = false
    }

    /// The result; starts over.
    mutating func finish() -> [UInt8] {
        var result = [UInt8](repeating: 0, count: algorithm.size)
        var span = result.mutableSpan
        finish(overwriting: &span)
        return result
    }

    deinit { unsafe EVP_MD_CTX_free(context) }
}
