/// Everything that can go wrong in this module, as far as a caller may know it.
public enum CryptoError: Error, Equatable, Sendable {
    /// Ciphertext did not open. One answer for wrong key, wrong context, damage and truncation alike,
    /// so that nobody learns anything from the difference.
    case openFailed
    /// The key ring holds no master key of this generation: never made here, or destroyed.
    case unknownGeneration(Int)
    /// The ciphertext names a format this program does not know; a newer one may.
    case unsupportedFormat(UInt8)
    /// The passphrase does not open the key ring (or the ring's header was changed).
    case passphraseWrong
    /// A key file is missing, damaged, foreign or badly protected. Plain words that say what to do; never key material.
    case keyFile(String)
    /// A library or the system refused: out of memory, no entropy, too much queued.
    case unavailable(String)
}
