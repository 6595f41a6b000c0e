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
    /// What unlocks the ring is not at hand: somebody must give it, or a service must answer again.
    case custody(CustodyFailure)
    /// A library or the system refused: out of memory, no entropy, too much queued.
    case unavailable(String)
}

/// Why a key ring stays locked although its file is whole. Words are for the operator and hold no secret.
public enum CustodyFailure: Error, Equatable, Sendable {
    /// The passphrase was not given.
    case passphraseNeeded
    /// So many shares are needed, and so many are here.
    case sharesNeeded(threshold: Int, provided: Int)
    /// This share does not help.
    case share(ShareRefusal)
    /// The service or token that holds the key does not answer, or not in time. Trying again later may help.
    case away(String)
    /// It answers and refuses: credentials, permission, a key that is missing or disabled. Somebody must change something.
    case refused(String)
    /// It answers what it cannot answer. Nothing may be entrusted to it.
    case nonsense(String)
}

/// Why a share of a split key is not taken.
public enum ShareRefusal: Equatable, Sendable {
    /// Not a share, or one with a typing error: its check sum does not fit.
    case malformed
    /// A share of another vault's key.
    case anotherVault
    /// A share of this vault from before the key was split anew.
    case anotherSplit
    /// This share is here already.
    case repeated(index: Int)
    /// All shares are well formed, and together they do not open the ring: one of them is forged, or the ring is another.
    case wrongTogether(count: Int)
}
