/// The two C libraries behind this module.
public enum CryptoLibraries {
    /// Checks that libsodium has an entropy source and OpenSSL the algorithms we use. Call once at program start:
    /// later the same lack would stop the program instead of being reported.
    ///
    /// - Throws: `.unavailable`, naming what is missing.
    public static func start() throws(CryptoError) {
        guard Sodium.isReady else { throw CryptoError.unavailable("libsodium could not start: no entropy source") }
        for name in ["SHA2-256", "SHA1", "MD5"] where !DigestAlgorithm.isAvailable(name) {
            throw CryptoError.unavailable("OpenSSL offers no \(name)")
        }
        for name in ["AES-256-GCM", "ChaCha20-Poly1305"] where !ChunkAlgorithm.isAvailable(name) {
            throw CryptoError.unavailable("OpenSSL offers no \(name)")
        }
    }
}
